"""Reading attributes for something that is not the program's own code: a schema, a serialiser, a template."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from detachlint.domain.facts import Failure, Place
from detachlint.domain.source import Site
from detachlint.interpret.frame import Frame, Reading
from detachlint.interpret.heap import EntityObject, Instance
from detachlint.interpret.objects.attribute import get_attribute
from detachlint.interpret.values import Member, Ref, Tuple, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo

_LAZY_LOAD_ERRORS = frozenset({Failure.MISSING_GREENLET, Failure.DETACHED, Failure.INVALID_REQUEST})
ALL_ERRORS = frozenset(f.value for f in _LAZY_LOAD_ERRORS)
NO_ERRORS: frozenset[str] = frozenset()


@contextmanager
def reading(frame: Frame, site: Site, place: Place, field: str) -> Iterator[None]:
    """While this lasts, reads belong to ``site`` and ``place``."""
    saved = frame.reading, frame.module
    frame.reading = Reading(place, field)
    module = frame.machine.program.by_path.get(site.path)
    if module is not None:
        frame.module = module
    try:
        yield
    finally:
        frame.reading, frame.module = saved


@contextmanager
def guarded_by(frame: Frame, guards: frozenset[str]) -> Iterator[None]:
    """While this lasts, failing reads raise only these errors; others are reported."""
    saved = frame.guards
    frame.guards = guards
    try:
        yield
    finally:
        frame.guards = saved


def validation_guards(frame: Frame) -> frozenset[str]:
    """Which failing reads a ``try`` around a validation swallows: pydantic wraps all of them in a
    ValidationError, which a handler of the original error doesn't catch."""
    return ALL_ERRORS if frame.guards >= ALL_ERRORS or "ValidationError" in frame.guards else NO_ERRORS


def read(frame: Frame, value: Value, name: str, site: Site) -> Value | None:
    """``value.name`` as ``getattr`` would; None when the object has no such attribute."""
    found = get_attribute(frame, value, name, ir.Opaque(site.node))
    if (
        isinstance(found, Member)
        and found.receiver == value
        and found.name == name
        and _is_closed(frame, value)
    ):
        return None
    return found


def _is_closed(frame: Frame, value: Value) -> bool:
    """Whether all attributes of the object are known, so that one that isn't found doesn't exist."""
    if isinstance(value, Tuple):
        return True
    obj = frame.get(value) if isinstance(value, Ref) else None
    return isinstance(obj, EntityObject) or (isinstance(obj, Instance) and isinstance(obj.cls, ClassInfo))
