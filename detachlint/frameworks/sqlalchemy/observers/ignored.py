"""Functions that take loader options and never apply them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from detachlint.domain.facts import StrategyMisuse
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.queries import options
from detachlint.interpret.frame import Frame
from detachlint.interpret.machine import Machine
from detachlint.interpret.values import Tuple, Value
from detachlint.parse import ir
from detachlint.parse.walk import nodes
from detachlint.resolve.symbols import External, FunctionInfo, ModuleInfo

_TYPES = frozenset(
    {"ORMOption", "LoaderOption", "ExecutableOption", "Load", "_AbstractLoad", "UserDefinedOption"}
)
_LOOKS_AROUND = frozenset({"locals", "vars"})


@dataclass(slots=True)
class Ignored:
    """Parameters that some call passes loader options for, though the function never mentions them."""

    found: set[tuple[FunctionInfo, str]] = field(default_factory=set)
    unmentioned: dict[FunctionInfo, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, machine: Machine) -> Ignored:
        return machine.note(cls)


def called(frame: Frame, info: FunctionInfo, env: dict[str, Value]) -> None:
    """A function is called: see whether a parameter that it never mentions holds loader options."""
    noted = Ignored.of(frame.machine)
    names = noted.unmentioned.get(info)
    if names is None:
        names = noted.unmentioned[info] = _unmentioned(info)
    for name in names:
        if name in env and _holds_options(frame, env[name]):
            noted.found.add((info, name))


def misuses(machine: Machine) -> Iterator[StrategyMisuse]:
    """The parameters that hold options because a call shows it, or because the annotation says so."""
    found = set(Ignored.of(machine).found)
    for info in machine.program.functions.values():
        for param in info.node.params:
            annotated = param.annotation is not None and _is_option(machine, info.module, param.annotation)
            if annotated and param.name in _unmentioned(info):
                found.add((info, param.name))
    for info, name in sorted(found, key=lambda f: (f[0].qualname, f[1])):
        yield StrategyMisuse(Site(info.module.path, info.node.n), "ignored-options", "", name)


def _unmentioned(info: FunctionInfo) -> tuple[str, ...]:
    """Parameters that occur nowhere in the body of a function that has one."""
    if _is_stub(info.node.body):
        return ()
    mentioned = {node.id for node in nodes(info.node.body) if isinstance(node, ir.Name)}
    if mentioned & _LOOKS_AROUND:
        return ()
    return tuple(p.name for p in info.node.params if p.name not in mentioned)


def _is_stub(body: ir.Block) -> bool:
    """A body that does nothing: of a protocol, or one that subclasses replace."""
    return all(
        isinstance(s, (ir.Pass, ir.Raise))
        or (isinstance(s, ir.ExprStmt) and not isinstance(s.value, (ir.Call, ir.Await)))
        for s in body
    )


def _holds_options(frame: Frame, value: Value) -> bool:
    if options.spread(frame, value):
        return True
    if isinstance(value, Tuple):
        return any(_holds_options(frame, item) for item in value.items)
    sequence = frame.sequence(value)
    if sequence is None:
        return False
    items = (*sequence.items, *([sequence.rest] if sequence.rest is not None else []))
    return any(options.spread(frame, item) for item in items)


def _is_option(machine: Machine, module: ModuleInfo, annotation: ir.Expr) -> bool:
    """``ORMOption``, and anything of it: ``Sequence[ORMOption] | None``."""
    match annotation:
        case ir.Subscript(index=index):
            items = index.items if isinstance(index, ir.Display) else (index,)
            return any(_is_option(machine, module, item) for item in items)
        case ir.Binary(op="|", left=left, right=right):
            return _is_option(machine, module, left) or _is_option(machine, module, right)
        case ir.Name() | ir.Attribute():
            symbol = machine.program.resolve(module, annotation)
            return isinstance(symbol, External) and symbol.root == "sqlalchemy" and symbol.leaf in _TYPES
        case _:
            return False
