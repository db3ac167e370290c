"""A value of one type is made of a value of another: each field of the class is read from the object."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from detachlint.domain.facts import Place
from detachlint.domain.source import Site
from detachlint.frameworks.reading import ALL_ERRORS, guarded_by, read, reading
from detachlint.frameworks.type_values import DICTS, LISTS, SETS, UNION, Scope, bindings, type_value
from detachlint.interpret.calls.instantiate import is_class_variable, is_dataclass
from detachlint.interpret.expressions.iterate import elements_of
from detachlint.interpret.frame import Frame, RaisedError
from detachlint.interpret.heap import Dictionary, EntityObject, Instance, Sequence
from detachlint.interpret.values import NONE, ClassValue, Library, Partial, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo

MAX_NESTING = 8


class Field(Struct, frozen=True):
    """A field of a data class: its name, and its type in the class that declares it."""

    name: str
    owner: ClassInfo
    annotation: ir.Expr
    has_default: bool


class At(Struct, frozen=True):
    """A conversion.

    Args:
        site: where it is called.
        uses_defaults: a field that has a default keeps it where reading the attribute fails.
    """

    site: Site
    uses_defaults: bool = False


def convert(frame: Frame, wanted: Value, value: Value, at: At, depth: int = 0) -> Value:
    """``value`` as the type ``wanted``; what is no object or container stays what it is."""
    value = frame.split(value)
    if value == NONE or depth > MAX_NESTING:
        return value
    match wanted:
        case ClassValue(info=info) if isinstance(frame.get(value), (EntityObject, Instance)):
            known = frame.instance(value)
            if known is not None and known.cls == info:
                return value
            return _filled(frame, wanted, value, at, depth)
        case Partial(func=func, args=args) if func == UNION:
            classes = [each for each in args if isinstance(each, (ClassValue, Partial))]
            return convert(frame, classes[0], value, at, depth) if len(classes) == 1 else value
        case Partial(func=Library(name=name), args=args) if name.leaf == "Annotated":
            return convert(frame, args[0], value, at, depth)
        case Partial(func=Library(name=name), args=args) if name.leaf in LISTS | SETS or (
            name.leaf in ("tuple", "Tuple") and len(args) == 2
        ):
            if frame.entity(value) is not None or not args:
                return value
            elements = elements_of(frame, value, at.site)
            items = tuple([convert(frame, args[0], each, at, depth + 1) for each in elements.items])
            rest = elements.rest
            rest = convert(frame, args[0], rest, at, depth + 1) if rest is not None else None
            source = frame.sequence(elements.source)
            kind = "set" if name.leaf in SETS else "list"
            return frame.new(Sequence(kind, items, rest, source.empty if source is not None else None))
        case Partial(func=Library(name=name), args=args) if name.leaf in DICTS and len(args) == 2:
            held = frame.dictionary(value)
            if held is None:
                return value
            entries = tuple([(k, convert(frame, args[1], v, at, depth + 1)) for k, v in held.entries])
            others = held.rest and (held.rest[0], convert(frame, args[1], held.rest[1], at, depth + 1))
            return frame.new(Dictionary(entries, others))
        case _:
            return value


def fields_of(frame: Frame, cls: ClassInfo) -> Iterator[Field]:
    """The fields that the constructor of a data class takes."""
    found: dict[str, Field] = {}
    for base in reversed(frame.machine.program.mro(cls)):
        members = frame.machine.program.members(base) if isinstance(base, ClassInfo) else {}
        for name, node in members.items():
            if isinstance(node, ir.AnnAssign) and not is_class_variable(node.annotation):
                assert isinstance(base, ClassInfo)
                found[name] = Field(name, base, node.annotation, node.value is not None)
    yield from found.values()


def _filled(frame: Frame, wanted: ClassValue, value: Value, at: At, depth: int) -> Value:
    if not is_dataclass(frame, wanted.info):
        return value
    parameters = bindings(frame.machine, wanted)
    filled: dict[str, Value] = {}
    for field in fields_of(frame, wanted.info):
        guards = ALL_ERRORS if at.uses_defaults and field.has_default else frame.guards
        place = f"{wanted.info.name}.{field.name}"
        try:
            with reading(frame, at.site, Place.SERIALISER, place), guarded_by(frame, guards):
                found = read(frame, value, field.name, at.site)
        except RaisedError:
            if guards is not ALL_ERRORS:
                raise
            continue
        if found is not None:
            scope = Scope.of_class(frame.machine, field.owner, parameters.get(field.owner, {}))
            filled[field.name] = convert(frame, type_value(scope, field.annotation), found, at, depth + 1)
    return frame.new(Instance(wanted.info, filled, wanted.arguments))
