"""Methods that a mapped base class leaves to its subclasses: an object that was queried as one of the base
class is of each of them, on a path of its own.

Where the base class has a method that does something, that one is run: who calls it may have looked at the
column that tells the classes of rows, and so have sorted some out.
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
    """The class whose ``name`` is meant; the object is one of it from then on."""
    if obj.exact:
        return obj.entity
    left_open, classes = _having(frame, obj, name)
    if not 0 < len(classes) <= MAX_CLASSES:
        return obj.entity
    frame.machine.footprints.enter(left_open)  # what is run hangs on its body
    chosen = classes[frame.choose(len(classes))]
    frame.put(ref, replace(obj, entity=chosen))
    return chosen


class _Known(dict[tuple[str, str], tuple[str, tuple[str, ...]]]):
    """Class and name -> the method or property that is left open, and the mapped subclasses that have it."""


def _having(frame: Frame, obj: EntityObject, name: str) -> tuple[str, tuple[str, ...]]:
    known = frame.machine.note(_Known)
    found = known.get((obj.entity, name))
    if found is None:
        found = known[obj.entity, name] = _subclasses(frame, obj.entity, name)
    return found


def _subclasses(frame: Frame, entity: str, name: str) -> tuple[str, tuple[str, ...]]:
    from detachlint.interpret.calls.abstract import is_empty
    from detachlint.interpret.objects.attribute import find_method

    program, graph = frame.machine.program, frame.machine.graph
    cls = program.classes.get(entity)
    own = find_method(frame, cls, name) if cls is not None else None
    if own is None or not is_empty(own):
        return "", ()
    below = [(each, program.classes.get(each)) for each in graph.descendants(entity)]
    return own.qualname, tuple(
        each
        for each, sub in below
        if sub is not None and isinstance(program.members(sub).get(name), ir.FunctionDef)
    )
