"""Loader options of SQLAlchemy 1, which are objects that change.

There an option and all that continues it share what they say: after ``lines = joinedload(Order.lines)``, the
statement ``lines.selectinload(Line.tags)`` adds to ``lines`` itself. Since 2.0 each is a new value and the
statement has no effect. Source: ``_UnboundLoad._to_bind`` of 1.4's orm/strategy_options.py.

On the heap the first option of a family holds its directives, and each one that continues it where it stands.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from detachlint.frameworks.sqlalchemy.version import is_first
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Instance
from detachlint.interpret.values import Option, Ref, Value
from detachlint.resolve.symbols import External

SHARED = External("sqlalchemy.orm.Load")
_OWN = "option"
_FAMILY = "family"


def made(frame: Frame, option: Option) -> Value:
    """A new option as the program's SQLAlchemy makes it."""
    return frame.new(Instance(SHARED, {_OWN: option})) if is_first(frame.machine) else option


def said(frame: Frame, value: Value) -> Option | None:
    """What a shared option says by now; None of anything else."""
    held = frame.instance(value)
    if held is None or held.cls != SHARED:
        return None
    own = held.fields.get(_OWN)
    first = frame.instance(held.fields.get(_FAMILY))
    directives = first.fields.get(_OWN) if first is not None else own
    if not isinstance(own, Option) or not isinstance(directives, Option):
        return None
    return replace(own, directives=directives.directives)


def method(frame: Frame, ref: Ref, continued: Callable[[Option], Value | None]) -> Value | None:
    """A method of the option: what it says, the whole family says."""
    held, before = frame.instance(ref), said(frame, ref)
    after = continued(before) if before is not None else None
    if held is None or not isinstance(after, Option):
        return None
    family = held.fields.get(_FAMILY, ref)
    first = frame.instance(family)
    own = first.fields.get(_OWN) if first is not None else None
    if first is None or not isinstance(family, Ref) or not isinstance(own, Option):
        return None
    frame.put(family, replace(first, fields={_OWN: replace(own, directives=after.directives)}))
    return frame.new(Instance(SHARED, {_OWN: replace(after, directives=()), _FAMILY: family}))
