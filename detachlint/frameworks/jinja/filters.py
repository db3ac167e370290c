"""What jinja2's filters do to abstract values."""

from __future__ import annotations

from collections.abc import Callable

from detachlint.domain.source import Site
from detachlint.interpret.calls.invoke import call
from detachlint.interpret.expressions.iterate import Elements, elements_of, new_sequence
from detachlint.interpret.expressions.operators import item, to_method, to_text
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Sequence
from detachlint.interpret.library.functions import call as library_call
from detachlint.interpret.objects.attribute import get_attribute
from detachlint.interpret.values import NONE, Const, Tuple, Unknown, Value, union
from detachlint.parse import ir
from detachlint.resolve.symbols import External

Filter = Callable[[Frame, Value, Arguments, Site], Value]


def apply(frame: Frame, name: str, args: Arguments, site: Site) -> Value:
    """``value|name(...)``; the value is the first argument."""
    value = frame.split(args.positional[0]) if args.positional else Unknown("value of a filter")
    rest = Arguments(args.positional[1:], args.keywords)
    known = _FILTERS.get(name)
    if known is not None:
        return known(frame, value, rest, site)
    if name not in _NUMBERS:
        to_text(frame, value, "__str__", site)
    return frame.unknown("result of a filter")


def _each(elements: Elements) -> tuple[Value, ...]:
    return (*elements.items, *([elements.rest] if elements.rest is not None else []))


def _read(frame: Frame, value: Value, path: Value | None, site: Site) -> Value:
    """``attribute="customer.name"``: dots and numbers as in jinja2's make_attrgetter."""
    current = value
    if not isinstance(path, Const):
        return frame.unknown("attribute by a name that is not constant")
    for step in str(path.value).split("."):
        current = frame.split(current)
        if current == NONE:
            return Unknown("undefined")
        if step.isdigit():
            current = item(frame, current, Const(int(step)), site)
        else:
            current = get_attribute(frame, current, step, ir.Opaque(site.node))
    return current


def _attribute(args: Arguments, index: int) -> Value | None:
    path = args.get("attribute", index)
    return None if path == NONE else path


def _reading(index: int, *, keeps: bool) -> Filter:
    """A filter that reads an attribute of each element; it ``keeps`` the elements, or gives one of them."""

    def run(frame: Frame, value: Value, args: Arguments, site: Site) -> Value:
        elements = elements_of(frame, value, site)
        path = _attribute(args, index)
        for each in _each(elements):
            if path is not None:
                _read(frame, each, path, site)
            elif not keeps:
                to_method(frame, each, "__lt__", (each,), site)
        return new_sequence(frame, "list", elements) if keeps else elements.joined()

    return run


def _map(frame: Frame, value: Value, args: Arguments, site: Site) -> Value:
    elements = elements_of(frame, value, site)
    path = args.get("attribute")
    name = args.positional[0] if args.positional else None

    def one(each: Value) -> Value:
        if path is not None:
            return _read(frame, each, path, site)
        inner = str(name.value) if isinstance(name, Const) else ""
        return apply(frame, inner, Arguments((each, *args.positional[1:]), args.keywords), site)

    items = tuple([one(v) for v in elements.items])
    rest = one(elements.rest) if elements.rest is not None else None
    source = frame.sequence(elements.source)
    return frame.new(Sequence("list", items, rest, source.empty if source is not None else None))


def _select(frame: Frame, value: Value, args: Arguments, site: Site) -> Value:
    """``selectattr`` and ``rejectattr``: what is left may be nothing."""
    elements = elements_of(frame, value, site)
    for each in _each(elements):
        _read(frame, each, args.positional[0] if args.positional else None, site)
    rest = union(list(_each(elements))) if _each(elements) else None
    return frame.new(Sequence("list", (), rest))


def _groupby(frame: Frame, value: Value, args: Arguments, site: Site) -> Value:
    elements = elements_of(frame, value, site)
    several = _each(elements)
    if not several:
        return frame.new(Sequence("list", (), None, True))
    keys = [_read(frame, each, _attribute(args, 0), site) for each in several]
    group = new_sequence(frame, "list", elements)
    return frame.new(Sequence("list", (), Tuple((union(keys), group), ("grouper", "list"))))


def _join(frame: Frame, value: Value, args: Arguments, site: Site) -> Value:
    path = _attribute(args, 1)
    for each in _each(elements_of(frame, value, site)):
        to_text(frame, each if path is None else _read(frame, each, path, site), "__str__", site)
    return frame.unknown("string")


def _sum(frame: Frame, value: Value, args: Arguments, site: Site) -> Value:
    path = _attribute(args, 0)
    for each in _each(elements_of(frame, value, site)):
        if path is not None:
            _read(frame, each, path, site)
    return frame.unknown("number")


def _length(frame: Frame, value: Value, args: Arguments, site: Site) -> Value:
    return library_call(frame, External("builtins.len"), Arguments((value,)), site) or frame.unknown("number")


def _first(frame: Frame, value: Value, args: Arguments, site: Site) -> Value:
    elements = elements_of(frame, value, site)
    return elements.items[0] if elements.items else elements.rest or Unknown("undefined")


def _last(frame: Frame, value: Value, args: Arguments, site: Site) -> Value:
    elements = elements_of(frame, value, site)
    return elements.rest or (elements.items[-1] if elements.items else Unknown("undefined"))


def _list(frame: Frame, value: Value, args: Arguments, site: Site) -> Value:
    return new_sequence(frame, "list", elements_of(frame, value, site))


def _portions(frame: Frame, value: Value, args: Arguments, site: Site) -> Value:
    portion = new_sequence(frame, "list", elements_of(frame, value, site))
    return frame.new(Sequence("list", (), portion))


def _default(frame: Frame, value: Value, args: Arguments, site: Site) -> Value:
    return args.positional[0] if value == NONE and args.positional else value


def _items(frame: Frame, value: Value, args: Arguments, site: Site) -> Value:
    known = frame.dictionary(value)
    if known is None:
        return frame.unknown("items of a mapping")
    pairs = tuple([Tuple(pair) for pair in known.entries])
    return frame.new(Sequence("list", pairs, Tuple(known.rest) if known.rest is not None else None))


def _attr(frame: Frame, value: Value, args: Arguments, site: Site) -> Value:
    return _read(frame, value, args.positional[0] if args.positional else None, site)


def _self(frame: Frame, value: Value, args: Arguments, site: Site) -> Value:
    return value


_FILTERS: dict[str, Filter] = {
    "sort": _reading(2, keeps=True),
    "unique": _reading(1, keeps=True),
    "min": _reading(1, keeps=False),
    "max": _reading(1, keeps=False),
    "map": _map,
    "selectattr": _select,
    "rejectattr": _select,
    "groupby": _groupby,
    "join": _join,
    "sum": _sum,
    "length": _length,
    "count": _length,
    "first": _first,
    "random": _first,
    "last": _last,
    "list": _list,
    "reverse": _list,
    "select": _list,
    "reject": _list,
    "batch": _portions,
    "slice": _portions,
    "default": _default,
    "d": _default,
    "items": _items,
    "dictsort": _items,
    "attr": _attr,
    "safe": _self,
}
_NUMBERS = frozenset({"round", "abs", "int", "float", "filesizeformat"})


def own(frame: Frame, function: Value, args: Arguments, site: Site) -> Value:
    """A filter of the program."""
    return call(frame, function, args, site)
