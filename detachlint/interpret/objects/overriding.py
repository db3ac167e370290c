"""Methods of mapped classes that subclasses override: an object that was queried as one of the base class may
be of each of them.
"""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import EntityObject
from detachlint.interpret.values import Ref
from detachlint.parse import ir

# Of more, it is not worth a path for each.
MAX_CLASSES = 6


def choose_class(frame: Frame, ref: Ref, obj: EntityObject, name: str) -> str:
    """The class whose ``name`` is meant: each that overrides it is a path, on which the object is of it."""
    classes = [obj.entity, *_overriding(frame, obj, name)] if not obj.exact else [obj.entity]
    chosen = classes[frame.choose(len(classes))] if 1 < len(classes) <= MAX_CLASSES else obj.entity
    if chosen != obj.entity:
        frame.put(ref, replace(obj, entity=chosen))
    return chosen


class _Known(dict[tuple[str, str], tuple[str, ...]]):
    """Class and name -> the mapped subclasses with a method or property of that name."""


def _overriding(frame: Frame, obj: EntityObject, name: str) -> tuple[str, ...]:
    known = frame.machine.note(_Known)
    found = known.get((obj.entity, name))
    if found is None:
        program, graph = frame.machine.program, frame.machine.graph
        below = [(each, program.classes.get(each)) for each in graph.descendants(obj.entity)]
        found = known[obj.entity, name] = tuple(
            each
            for each, cls in below
            if cls is not None and isinstance(program.members(cls).get(name), ir.FunctionDef)
        )
    return found
