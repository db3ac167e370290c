"""What a model's own methods read: each is run on a detached instance with nothing loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator

from detachlint.domain.facts import Failure, Read, UnguardedRead
from detachlint.domain.models import Entity, Lazy, Relationship
from detachlint.frameworks.sqlalchemy.observers.usage import Usage
from detachlint.interpret.calls.decorated import is_property
from detachlint.interpret.calls.invoke import call_function
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Base, EntityObject, Life, Plan, State
from detachlint.interpret.machine import Machine
from detachlint.interpret.paths.attempts import attempt
from detachlint.interpret.values import Function, Ref, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, FunctionInfo

_PROTOCOL = (
    "__repr__",
    "__rich_repr__",
    "__str__",
    "__format__",
    "__eq__",
    "__hash__",
    "__bool__",
    "__len__",
)
_NOTE = re.compile(r"^\s*Needs loaded:(.*)$", re.MULTILINE)
_NAME = re.compile(r"\w+")
_FAILS = frozenset({Failure.DETACHED, Failure.INVALID_REQUEST})


def unguarded(machine: Machine) -> Iterator[UnguardedRead]:
    """Reads that fail wherever the caller has not loaded enough.

    In a synchronous program a property that loads lazily is nothing unusual: there, only what refuses to be
    loaded lazily is looked at.
    """
    is_async = Usage.of(machine).is_async
    for entity in machine.graph.entities.values():
        cls = machine.program.classes.get(entity.qualname)
        if cls is None or not any(is_async or _refuses(r) for r in entity.relationships):
            continue
        yield from _generated(entity, is_async=is_async)
        for info, kind in _methods(machine, cls):
            for read in _reads(machine, cls, entity, info):
                attribute = entity.attributes.get(read.attribute)
                if kind == "property" and read.attribute in told(info):
                    continue
                if isinstance(attribute, Relationship) and (is_async or _refuses(attribute)):
                    yield UnguardedRead(
                        read.site, entity.qualname, info.name, kind, read.attribute, read.chain
                    )


def told(info: FunctionInfo) -> frozenset[str]:
    """What the docstring of a method says that its callers have to load: ``Needs loaded: user, lesson.``"""
    match info.node.body[:1]:
        case (ir.ExprStmt(value=ir.Const(value=str(text))),):
            return frozenset(name for line in _NOTE.findall(text) for name in _NAME.findall(line))
        case _:
            return frozenset()


def _refuses(attribute: Relationship) -> bool:
    return attribute.lazy in (Lazy.RAISE, Lazy.RAISE_ON_SQL)


def _methods(machine: Machine, cls: ClassInfo) -> Iterator[tuple[FunctionInfo, str]]:
    """The class's own methods that Python or a mere attribute access calls."""
    for name in machine.program.members(cls):
        nested = machine.program.nested(cls, name)
        if not isinstance(nested, FunctionInfo) or nested.node.is_async:
            continue
        if name in _PROTOCOL:
            yield nested, "repr"
        elif is_property(nested):
            yield nested, "property"


def _reads(machine: Machine, cls: ClassInfo, entity: Entity, info: FunctionInfo) -> list[Read]:
    """What the method reads of its own object, where that has left its session."""
    frame = Frame(machine, cls.module, None, cls, State({}, {}, 0))
    plan = Plan((), (entity.qualname,))
    probe = frame.new(EntityObject(entity.qualname, Base.QUERIED, Life.DETACHED, None, plan, exact=True))
    machine.spent = 0

    def action() -> Value:
        given = tuple(_same(frame, probe) for _ in info.node.params[1:2])
        return call_function(frame, Function(info, probe), Arguments(given), machine.nowhere)

    attempt(frame, frame.state, action)
    mine = [f for f in frame.facts if isinstance(f, Read) and f.certain and f.failure in _FAILS]
    return [f for f in mine if f.entity == entity.qualname and f.method == info.name]


def _same(frame: Frame, probe: Ref) -> Value:
    """The other operand of a comparison: of the same class, and as little loaded."""
    obj = frame.entity(probe)
    assert obj is not None
    return frame.new(obj)


def _generated(entity: Entity, *, is_async: bool) -> Iterator[UnguardedRead]:
    """The ``__repr__`` that ``dataclasses`` wrote. Its ``__eq__`` reads as much, but few compare entities."""
    for attribute in entity.relationships if entity.dataclass_repr else ():
        if attribute.in_repr and not attribute.lazy.is_eager and (is_async or _refuses(attribute)):
            yield UnguardedRead(attribute.site, entity.qualname, "__repr__", "dataclass", attribute.name, "")
