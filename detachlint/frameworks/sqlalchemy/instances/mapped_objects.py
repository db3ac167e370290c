"""Constructors and generated methods of mapped classes."""

from __future__ import annotations

from detachlint.domain.facts import Event, Step
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.instances import reads, writes
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Base, EntityObject, Life
from detachlint.interpret.objects.attribute import call_method
from detachlint.interpret.values import (
    NONE,
    Const,
    Ref,
    Value,
)
from detachlint.resolve.symbols import ClassInfo


def construct(frame: Frame, cls: ClassInfo, args: Arguments, site: Site) -> Value:
    """An object of a mapped class is made."""
    name = cls.name
    ref = frame.new(
        EntityObject(
            cls.qualname,
            Base.FRESH,
            Life.TRANSIENT,
            exact=True,
            history=(Step(site, f"`{name}` is made here", Event.MADE),),
        )
    )
    if call_method(frame, ref, "__init__", args, site) is None:
        initialise(frame, ref, args, site)
    return ref


def initialise(frame: Frame, ref: Ref, args: Arguments, site: Site) -> None:
    """The constructor that mapped classes have: keywords are attributes; dataclasses take positions
    too.
    """
    obj = frame.entity(ref)
    entity = frame.machine.graph.entities.get(obj.entity) if obj is not None else None
    if entity is None:
        return
    if entity.is_dataclass:
        # The default of a relationship is not kept by the flush (since 2.1): it is as if nothing had been
        # given.
        names = list(entity.attributes)
        for name, value in zip(names, args.positional, strict=False):
            writes.write(frame, ref, name, value, site)
    for name, value in args.keywords:
        writes.write(frame, ref, name, value, site)


def method(frame: Frame, ref: Ref, obj: EntityObject, name: str, args: Arguments, site: Site) -> Value | None:
    entity = frame.machine.graph.entities.get(obj.entity)
    if entity is None:
        return None
    if name == "__repr__" and entity.dataclass_repr:
        return _generated(frame, ref, [r.name for r in entity.relationships if r.in_repr], site)
    if name == "__eq__" and entity.dataclass_eq:
        return _generated(frame, ref, [r.name for r in entity.relationships if r.in_compare], site)
    if name == "__asdict__" and entity.is_dataclass:
        return _generated(frame, ref, [r.name for r in entity.relationships], site)
    if name == "__delattr__":
        key = args.positional[0] if args.positional else None
        if isinstance(key, Const) and isinstance(key.value, str):
            writes.write(frame, ref, key.value, NONE, site)
        return NONE
    return None


def _generated(frame: Frame, ref: Ref, names: list[str], site: Site) -> Value:
    """A method that ``dataclasses`` wrote reads every relationship."""
    for name in names:
        reads.read(frame, ref, name, site)
    return frame.unknown("generated method")
