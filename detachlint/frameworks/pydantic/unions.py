"""Unions: which members a value is tried on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from detachlint.domain.facts import Place
from detachlint.frameworks.pydantic.lookup import Call
from detachlint.frameworks.reading import ALL_ERRORS, guarded_by, read, reading
from detachlint.frameworks.type_values import DICTS, LISTS, SETS, Scope, type_value
from detachlint.interpret.frame import Frame, RaisedError
from detachlint.interpret.heap import Dictionary, EntityObject, Instance, Sequence
from detachlint.interpret.objects.attribute import class_variable
from detachlint.interpret.values import (
    NONE,
    ClassValue,
    Const,
    Function,
    LambdaValue,
    Library,
    Partial,
    Ref,
    Tuple,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from detachlint.frameworks.pydantic.validate import Validation


def validate(
    validation: Validation, frame: Frame, members: tuple[Value, ...], value: Value, at: Call
) -> Value:
    """Smart mode: every member that the value may fit is tried, and one that fits is enough."""
    if value == NONE or isinstance(value, (Unknown, Const)):
        return value
    candidates = [m for m in members if _may_take(validation, frame, m, value)]
    if not candidates:
        return value
    tag = _common_tag(validation, frame, candidates)
    if tag is not None:
        return _by_name(validation, frame, candidates, tag, value, at)
    fitting: Value | None = None
    if len(candidates) > 1:
        for candidate in candidates:
            with guarded_by(frame, ALL_ERRORS):
                try:
                    made = validation.validate(frame, candidate, value, at)
                except RaisedError:
                    continue
            fitting = fitting if fitting is not None else made
        if fitting is not None:
            return fitting
    return _first_that_fits(validation, frame, candidates, value, at)


def _first_that_fits(
    validation: Validation, frame: Frame, candidates: list[Value], value: Value, at: Call
) -> Value:
    """None of several takes it as it is: what each of them reads is reported, and the first that only a read
    has spoilt is taken."""
    failed: RaisedError | None = None
    for candidate in candidates:
        try:
            return validation.validate(frame, candidate, value, at)
        except RaisedError as error:
            failed = error
    assert failed is not None
    raise failed


def _may_take(validation: Validation, frame: Frame, member: Value, value: Value) -> bool:
    obj = frame.get(value) if isinstance(value, Ref) else None
    match member:
        case ClassValue(info=info):
            if validation.schemas.of(frame.machine, info) is None:
                return isinstance(obj, EntityObject) and frame.machine.graph.is_a(obj.entity, info.qualname)
            return isinstance(obj, (EntityObject, Instance, Dictionary)) or isinstance(value, Tuple)
        case Partial(func=Library(name=name), args=args):
            if name.leaf in ("Annotated", "Union"):
                nested = args[:1] if name.leaf == "Annotated" else args
                return any(_may_take(validation, frame, m, value) for m in nested)
            if name.leaf in LISTS | SETS or name.leaf in ("tuple", "Tuple"):
                return isinstance(obj, Sequence) or isinstance(value, Tuple)
            return name.leaf in DICTS and isinstance(obj, Dictionary)
        case _:
            return False


def discriminated(
    validation: Validation,
    frame: Frame,
    members: tuple[Value, ...],
    discriminator: Value,
    value: Value,
    at: Call,
) -> Value:
    """The discriminator's value decides; where it isn't known, every member that it may mean is a path."""
    candidates = [m for m in members if _may_take(validation, frame, m, value)]
    if isinstance(value, (Unknown, Const)) or not candidates:
        return value
    if isinstance(discriminator, Const) and isinstance(discriminator.value, str):
        return _by_name(validation, frame, candidates, discriminator.value, value, at)
    if isinstance(discriminator, (Function, LambdaValue)):
        tag = validation.run(frame, discriminator, (value,), at)
        candidates = [c for c in candidates if tag in _tags(frame, c)] or candidates
    chosen = candidates[frame.choose(len(candidates))]
    return validation.validate(frame, chosen, value, at)


def _by_name(
    validation: Validation, frame: Frame, candidates: list[Value], name: str, value: Value, at: Call
) -> Value:
    """A discriminator that is a field."""
    with reading(frame, at.site, Place.SCHEMA, at.field):
        known = frame.dictionary(value)
        if known is not None:
            tag = next((v for k, v in known.entries if k == Const(name)), None)
        else:
            tag = read(frame, value, name, at.site)
    obj = frame.entity(value)
    identities = polymorphic_identities(frame, obj) if obj is not None else {}
    choices: list[tuple[Value, str]] = []
    for candidate in candidates:
        for literal in _literals(validation, frame, candidate, name):
            if isinstance(tag, Const):
                if tag == literal:
                    choices.append((candidate, ""))
            elif literal in identities:
                choices.append((candidate, identities[literal]))
    if not choices:
        choices = [(candidate, "") for candidate in candidates]
    chosen, entity = choices[frame.choose(len(choices))]
    if entity and obj is not None and isinstance(value, Ref):
        current = frame.entity(value)
        assert current is not None
        frame.put(value, replace(current, entity=entity))
    return validation.validate(frame, chosen, value, at)


def _common_tag(validation: Validation, frame: Frame, candidates: list[Value]) -> str | None:
    """A field that has different literals in each member tells them apart, declared so or not."""
    if len(candidates) < 2 or not isinstance(candidates[0], ClassValue):
        return None
    schema = validation.schemas.of(frame.machine, candidates[0].info)
    for field in schema.fields if schema is not None else ():
        literals = [_literals(validation, frame, c, field.name) for c in candidates]
        flat = [literal for each in literals for literal in each]
        if all(literals) and len(set(flat)) == len(flat):
            return field.name
    return None


def _literals(validation: Validation, frame: Frame, member: Value, name: str) -> list[Value]:
    """The values of the discriminator that a member of the union takes."""
    if not isinstance(member, ClassValue):
        return []
    schema = validation.schemas.of(frame.machine, member.info)
    for field in schema.fields if schema is not None else ():
        if field.name == name:
            wanted = type_value(Scope.of_class(frame.machine, field.owner, {}), field.annotation)
            if isinstance(wanted, Partial) and isinstance(wanted.func, Library):
                return list(wanted.args) if wanted.func.name.leaf == "Literal" else []
    return []


def polymorphic_identities(frame: Frame, obj: EntityObject) -> dict[Value, str]:
    """The discriminator values that the object can have, each with the class that has it."""
    names = [obj.entity] if obj.exact else [obj.entity, *frame.machine.graph.descendants(obj.entity)]
    found: dict[Value, str] = {}
    for name in names:
        info = frame.machine.program.classes.get(name)
        if info is None or "__mapper_args__" not in frame.machine.program.members(info):
            continue
        arguments = frame.dictionary(class_variable(frame, info, "__mapper_args__"))
        for key, value in arguments.entries if arguments is not None else ():
            if key == Const("polymorphic_identity"):
                found[value] = name
    return found


def _tags(frame: Frame, member: Value) -> list[Value]:
    """The ``Tag("x")`` of a member of a union with a callable discriminator."""
    if not isinstance(member, Partial) or len(member.args) < 2:
        return []
    tags = [frame.instance(note) for note in member.args[1:]]
    return [t.fields["tag"] for t in tags if t is not None and "tag" in t.fields]
