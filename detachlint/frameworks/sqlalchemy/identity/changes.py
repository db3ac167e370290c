"""What happens to an object perhaps happens to its twins."""

from __future__ import annotations

from collections.abc import Container

from msgspec.structs import replace

from detachlint.domain.models import Column, Relationship
from detachlint.frameworks.sqlalchemy.identity.arrivals import arrived, reached
from detachlint.frameworks.sqlalchemy.identity.doubts import add_doubts, put_doubts, unlike, unloaded
from detachlint.frameworks.sqlalchemy.identity.twins import IN_SESSION, twins
from detachlint.frameworks.sqlalchemy.instances.attributes import (
    MAY_BE_SAME,
    may_differ,
    state_of,
)
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import (
    AttributeState,
    Base,
    EntityObject,
    Life,
    Loaded,
    Perhaps,
    Unloaded,
)


def changed(frame: Frame, address: int, before: EntityObject) -> None:
    """The object at the address is not as it was before: its twins perhaps aren't either."""
    now = frame.entity(address)
    if now is None or now is before or before.session is None or before.life not in IN_SESSION:
        return
    if replace(now, history=(), changed=before.changed) == replace(before, history=()):
        return
    gone = now.life is not before.life or now.session != before.session
    found: list[tuple[Column | Relationship, AttributeState, bool]] = []
    for attribute in may_differ(frame, now, before):
        state, known = state_of(frame, now, attribute), state_of(frame, before, attribute)
        if unlike(attribute, state, known):
            # A query that may have loaded what was missing takes nothing from a twin that has it.
            found.append((attribute, state, isinstance(known, Unloaded) and state == Perhaps(MAY_BE_SAME)))
    if not found and not gone:
        return
    for other, twin in twins(frame, before, address):
        doubts: dict[str, Perhaps] = {}
        for attribute, state, only_fills in found:
            there = state_of(frame, twin, attribute)
            doubt = None if only_fills and isinstance(there, Loaded) else unlike(attribute, there, state)
            if doubt is not None:
                doubts[attribute.name] = doubt
        if gone and (before.many or not twin.many):  # what stands for many stands for those that are left
            add_doubts(doubts, unloaded(frame, twin))
            twin = replace(twin, life=Life.UNKNOWN)
        put_doubts(frame, other, twin, doubts)


def settled(frame: Frame, address: int, before: EntityObject | None, beside: Container[int]) -> None:
    """A call has changed an object, or made it (``before`` is None).

    Args:
        beside: addresses of all that the call has made: these have met there.
    """
    obj = frame.entity(address)
    if before is not None:
        changed(frame, address, before)
    elif obj is not None and obj.life is Life.PERSISTENT and obj.base is Base.QUERIED:
        frame.put(address, arrived(frame, obj, beside=beside))
        reached(frame, obj.session, obj.entity, obj.plan, beside=beside)
