"""What is uncertain of an object that may be the row which is seen elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from detachlint.domain.models import Column, Relationship
from detachlint.frameworks.sqlalchemy.identity.twins import equally_loaded
from detachlint.frameworks.sqlalchemy.instances.attributes import (
    DOUBTS,
    MAY_BE_SAME,
    MAY_RAISE,
    is_emptied,
    may_differ,
    not_loaded,
    raises,
    state_of,
)
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import (
    ANYTHING,
    AttributeState,
    Base,
    EntityObject,
    Loaded,
    Perhaps,
    Unloaded,
)
from detachlint.interpret.values import Ref

_DOUBT = Perhaps(MAY_BE_SAME)


_FORBIDDEN = Perhaps(MAY_RAISE)


_NOT_FOLLOWED = Perhaps("passed to a function that was not followed")


def add_doubts(doubts: dict[str, Perhaps], further: Mapping[str, Perhaps]) -> None:
    """Of two doubts, the one that a read may be forbidden says more."""
    for name, doubt in further.items():
        if doubts.get(name) != _FORBIDDEN:
            doubts[name] = doubt


def doubted(attribute: Column | Relationship, state: AttributeState, other: AttributeState) -> Perhaps | None:
    """What an attribute is if its object may be the row that is seen elsewhere, with ``other`` for the
    attribute; None: it is the same in any case. A query fills what is unloaded and leaves what is loaded, and
    its option that forbids the read stays on the object.
    """
    match state:
        case Loaded():
            return None
        case Perhaps(reason):
            return _FORBIDDEN if reason == MAY_BE_SAME and raises(attribute, other) else None
        case Unloaded():
            forbidden, elsewhere = raises(attribute, state), raises(attribute, other)
            if isinstance(other, Unloaded):
                emptied = forbidden and not elsewhere and is_emptied(attribute)
                return _FORBIDDEN if emptied or (elsewhere and not forbidden) else None
            return _FORBIDDEN if forbidden or elsewhere else _DOUBT


def unlike(attribute: Column | Relationship, state: AttributeState, other: AttributeState) -> Perhaps | None:
    """The doubt whether the attribute is in the one state or in the other; None where they are alike."""
    forbidden, elsewhere = raises(attribute, state), raises(attribute, other)
    if type(state) is type(other) and forbidden is elsewhere:
        return None
    if isinstance(state, Perhaps) and state.reason not in DOUBTS and isinstance(other, Loaded):
        return None  # what nobody knows of it is no more in doubt than before
    return _FORBIDDEN if forbidden or elsewhere else _DOUBT


def may_lack(state: AttributeState) -> bool:
    """Whether the attribute is, or may be, unloaded."""
    return isinstance(state, Unloaded) or (isinstance(state, Perhaps) and state.reason in DOUBTS)


def unloaded(frame: Frame, obj: EntityObject) -> dict[str, Perhaps]:
    """What the object lacks, as doubts."""
    return {n: _DOUBT for n, (_, state) in not_loaded(frame, obj).items() if isinstance(state, Unloaded)}


def put_doubts(frame: Frame, address: int, obj: EntityObject, doubts: Mapping[str, Perhaps]) -> None:
    """The object has these doubts from here on."""
    if doubts:
        obj = replace(obj, attributes={**obj.attributes, **doubts})
    if obj is not frame.entity(address):
        frame.put(address, obj)


def doubt_all(frame: Frame, refs: Iterable[Ref]) -> None:
    """Nobody knows which query has loaded these objects: what they lack is uncertain."""
    for ref in refs:
        obj = frame.entity(ref)
        if obj is not None and obj.base is Base.QUERIED:
            put_doubts(frame, ref.address, obj, unloaded(frame, obj))


def doubt_reached(frame: Frame, addresses: Iterable[int], *, changing: bool) -> None:
    """Code that was not followed has had these objects: what their sessions hold is uncertain.

    Args:
        changing: what they lack is so too.
    """
    for address in addresses:
        session = frame.session(address)
        if session is not None:
            frame.put(address, replace(session, classes=session.classes | {ANYTHING}))
        obj = frame.entity(address)
        if changing and obj is not None and obj.session is not None:
            doubts = dict.fromkeys(unloaded(frame, obj), _NOT_FOLLOWED)
            put_doubts(frame, address, obj, doubts)


def differences(frame: Frame, view: EntityObject, obj: EntityObject, *, populate: bool) -> dict[str, Perhaps]:
    """What is uncertain of an object if it is what is seen at another place, as ``view``.

    Args:
        populate: the query there overwrites what the object has.
    """
    if equally_loaded(view, obj):
        return {}
    found: dict[str, Perhaps] = {}
    for attribute in may_differ(frame, obj, view):
        there, seen = state_of(frame, obj, attribute), state_of(frame, view, attribute)
        doubt = unlike(attribute, there, seen) if populate else doubted(attribute, there, seen)
        if doubt is not None:
            found[attribute.name] = doubt
    return found


def with_less(frame: Frame, made: EntityObject, rivals: Iterable[EntityObject]) -> EntityObject:
    """The object, unless it is one of the rivals: what any of them lacks is uncertain."""
    doubts: dict[str, Perhaps] = {}
    for rival in rivals:
        for attribute in may_differ(frame, made, rival):
            mine, theirs = state_of(frame, made, attribute), state_of(frame, rival, attribute)
            if may_lack(theirs) and (doubt := unlike(attribute, mine, theirs)):
                add_doubts(doubts, {attribute.name: doubt})
    return replace(made, attributes={**made.attributes, **doubts}) if doubts else made
