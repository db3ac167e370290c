"""``schema.load(...)``: what nested schemas' ``post_load`` makes of the data, under the fields' names."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.frameworks.marshmallow.dump import MAX_DEPTH, NESTED, Dumping, Wanted, element_of
from detachlint.frameworks.marshmallow.schema import Field
from detachlint.interpret.calls.invoke import call
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, Sequence
from detachlint.interpret.paths.attempts import attempt
from detachlint.interpret.values import NONE, Const, Function, Unknown, Value, union
from detachlint.parse import ir
from detachlint.resolve.symbols import FunctionInfo

_LOADED = "loaded data"


def load(frame: Frame, dumping: Dumping, wanted: Wanted, site: Site, depth: int = 0) -> Value:
    """What the schema makes of data that nobody has seen. What is not required may be None."""
    if depth > MAX_DEPTH:
        return Unknown(_LOADED)
    given = [f for f in wanted.schema.fields if wanted.takes(f.name) and f.given("dump_only") != Const(True)]
    entries = tuple([(Const(f.attribute), _field(frame, dumping, wanted, f, site, depth)) for f in given])
    data: Value = frame.new(Dictionary(entries, (Unknown("key"), Unknown(_LOADED))))
    for check in wanted.schema.hooks.get("validates_schema", ()):
        _check(frame, wanted, check, data, site)
    hooks = wanted.schema.hooks.get("post_load", ())
    for hook in hooks:
        if not _takes_all(hook):
            data = _hook(frame, wanted, hook, data, site)
    if wanted.many:
        data = frame.new(Sequence("list", (), data))
    for hook in hooks:
        if _takes_all(hook):
            data = _hook(frame, wanted, hook, data, site)
    return data


def _field(frame: Frame, dumping: Dumping, wanted: Wanted, field: Field, site: Site, depth: int) -> Value:
    inner = element_of(frame, field)
    if inner.kind not in NESTED:
        return frame.unknown(_LOADED)
    below = dumping.nested(frame, wanted, inner, site)
    if below is None:
        return frame.unknown(_LOADED)
    below = replace(below, many=below.many or inner is not field)
    done, _ = attempt(frame, frame.state, lambda: load(frame, dumping, below, site, depth + 1))
    if not done:
        return frame.unknown(_LOADED)
    value, frame.state = done[0]  # data that is not valid ends the whole
    return value if field.given("required") == Const(True) else union([NONE, value])


def _hook(frame: Frame, wanted: Wanted, hook: FunctionInfo, data: Value, site: Site) -> Value:
    keywords = (("many", Const(wanted.many)),)
    named = {p.name for p in hook.node.params} | {p.kind for p in hook.node.params}
    given = keywords if _takes_all(hook) or "**" in named else ()
    result = call(frame, Function(hook, wanted.ref), Arguments((data,), given), site)
    return data if isinstance(result, Unknown) or result == NONE else result  # marshmallow 2 keeps the data


def _check(frame: Frame, wanted: Wanted, hook: FunctionInfo, data: Value, site: Site) -> None:
    """A validator reads the data, and ends the whole where they are not valid."""
    done, _ = attempt(frame, frame.state, lambda: _hook(frame, wanted, hook, data, site))
    if done:
        _, frame.state = done[0]


def _takes_all(hook: FunctionInfo) -> bool:
    """Whether the hook is given the list of all objects: ``@post_load(pass_many=True)``."""
    return any(
        isinstance(node, ir.Call)
        and any(a.keyword in ("pass_many", "pass_collection") and _is_true(a.value) for a in node.args)
        for node in hook.node.decorators
    )


def _is_true(node: ir.Expr) -> bool:
    return isinstance(node, ir.Const) and node.value is True
