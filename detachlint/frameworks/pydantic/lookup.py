"""Where a field's raw value is looked for: aliases and names, in attributes or in a dictionary."""

from __future__ import annotations

from msgspec import Struct

from detachlint.domain.facts import Place
from detachlint.domain.source import Site
from detachlint.frameworks.pydantic import getters
from detachlint.frameworks.pydantic.schema import Field, Schema
from detachlint.frameworks.reading import read, reading
from detachlint.frameworks.type_values import module_value
from detachlint.interpret.expressions.operators import item
from detachlint.interpret.frame import Frame, RaisedError
from detachlint.interpret.heap import Dictionary, Sequence
from detachlint.interpret.values import NONE, Const, Library, Unknown, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo


class Call(Struct, frozen=True):
    """One call of a validation.

    Args:
        site: where the call stands; what it reads belongs there.
        force: ``from_attributes=`` of the call; None leaves it to each schema.
        within: the schema classes on the way down.
        field: the field that is being filled, ``BookingOut.user``.
        via: the same, as its class declares it.
    """

    site: Site
    force: bool | None = None
    within: tuple[ClassInfo, ...] = ()
    field: str = ""
    via: Field | None = None


def look_up(frame: Frame, schema: Schema, field: Field, value: Value, at: Call) -> Value | None:
    """The raw value of a field: by its aliases, else by its name; None when there is none."""
    paths = list(field.aliases)
    if not paths or schema.by_name:
        paths.append((field.name,))
    known = frame.dictionary(value)
    if known is not None and not any(p[0] == field.name for p in paths):
        paths.append((field.name,))
    with reading(frame, at.site, Place.SCHEMA, at.field):
        for path in paths:
            found = _follow(frame, value, path, at)
            if found is not None:
                return found
    return None


def _follow(frame: Frame, value: Value, path: tuple[str | int, ...], at: Call) -> Value | None:
    current: Value = value
    for step in path:
        known = frame.dictionary(current)
        if known is not None:
            found = next((v for k, v in known.entries if k == Const(step)), None)
            if found is None and known.rest is None:
                return None
            current = found if found is not None else frame.unknown("entry of a dictionary")
        elif isinstance(step, int):
            current = frame.split(item(frame, current, Const(step), at.site))
        else:
            try:
                attribute = getters.get(frame, current, step, at.site) or read(frame, current, step, at.site)
            except RaisedError as error:
                if isinstance(error.value, Unknown) and error.value.type.endswith("AttributeError"):
                    return None
                raise
            if attribute is None:
                return None
            current = frame.split(attribute)
    return current


def default_value(frame: Frame, field: Field) -> Value:
    """The default of a field whose value isn't given."""
    match field.default:
        case None:
            return NONE
        case ir.Const(value=value):
            return Const(value)
        case ir.Name(id="list" | "set" as kind):
            return frame.new(Sequence(kind, (), None, True))
        case ir.Name(id="dict"):
            return frame.new(Dictionary(()))
        case ir.Display(items=()):
            return frame.new(Sequence("list", (), None, True))
        case ir.Attribute() | ir.Name():
            found = module_value(frame.machine, field.owner.module, field.default)
            made = field.makes_default and isinstance(found, Library)
            return frame.unknown("default value") if made else found
        case _:
            return frame.unknown("default value")
