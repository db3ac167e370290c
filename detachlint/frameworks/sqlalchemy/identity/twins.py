"""Objects that may be the same row, seen from different places.

SQLAlchemy has one object for a row of a session; the analyser may have several, as the program alone does
not tell whether they are the same. So what happens to one of them perhaps happens to the others
(``changed``), and what a query loads on one, it perhaps loads on the others (``arrived``, ``reached``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from detachlint.domain.models import Column, Relationship
from detachlint.frameworks.sqlalchemy.identity.identity_map import is_identity, keys_of, places
from detachlint.frameworks.sqlalchemy.instances.attributes import (
    DOUBTS,
    MAY_BE_SAME,
    MAY_RAISE,
    is_emptied,
    mapped_attributes,
    raises,
    state_of,
)
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import (
    ANYTHING,
    AttributeState,
    Base,
    EntityObject,
    Life,
    Loaded,
    Perhaps,
    Plan,
    Unloaded,
)
from detachlint.interpret.values import Const, Ref, Value

_DOUBT = Perhaps(MAY_BE_SAME)
_FORBIDDEN = Perhaps(MAY_RAISE)
_NOT_FOLLOWED = Perhaps("passed to a function that was not followed")


_IN_SESSION = (Life.PERSISTENT, Life.DELETED, Life.UNKNOWN)


def may_be_same(frame: Frame, obj: EntityObject, other: EntityObject) -> bool:
    """Whether both may be the same row: of related classes, with keys that may be equal."""
    graph = frame.machine.graph
    if obj.entity != other.entity and not (
        graph.is_a(obj.entity, other.entity) or graph.is_a(other.entity, obj.entity)
    ):
        return False
    mine, theirs = keys_of(obj.identity), keys_of(other.identity)
    return bool(mine & theirs) if mine and theirs else not _differ(obj, other)


def _differ(obj: EntityObject, other: EntityObject) -> bool:
    """Whether a column has one constant here and another there, as after ``where(name == "a")``."""
    for name, state in other.attributes.items():
        mine = obj.attributes.get(name)
        if (
            isinstance(state, Loaded)
            and isinstance(mine, Loaded)
            and isinstance(state.value, Const)
            and isinstance(mine.value, Const)
            and type(state.value.value) is type(mine.value.value)
            and state.value != mine.value
            and name not in obj.changed
        ):
            return True
    return False


def twins(frame: Frame, obj: EntityObject, address: int | None) -> list[tuple[int, EntityObject]]:
    """The other objects of its session that may be the same row; of all sessions, once it is detached."""
    if obj.session is None:
        if obj.life is not Life.DETACHED:
            return []
        return [
            (a, o)
            for a, o in frame.entities()
            if a != address
            and o.life is Life.DETACHED
            and not _left_apart(o.left, obj.left)
            and may_be_same(frame, o, obj)
        ]
    return [
        (a, o)
        for a, o in frame.entities()
        if a != address and o.session == obj.session and o.life in _IN_SESSION and may_be_same(frame, o, obj)
    ]


def _add(doubts: dict[str, Perhaps], further: Mapping[str, Perhaps]) -> None:
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


def _unlike(attribute: Column | Relationship, state: AttributeState, other: AttributeState) -> Perhaps | None:
    """The doubt whether the attribute is in the one state or in the other; None where they are alike."""
    forbidden, elsewhere = raises(attribute, state), raises(attribute, other)
    if type(state) is type(other) and forbidden is elsewhere:
        return None
    return _FORBIDDEN if forbidden or elsewhere else _DOUBT


def _may_lack(state: AttributeState) -> bool:
    return isinstance(state, Unloaded) or (isinstance(state, Perhaps) and state.reason in DOUBTS)


def few_have(frame: Frame, obj: EntityObject, address: int, attribute: Relationship) -> bool:
    """Whether of many objects, those that have the relationship loaded are single ones seen elsewhere."""
    if not isinstance(state_of(frame, replace(obj, attributes={}, expired=None), attribute), Unloaded):
        return False  # their own query has loaded it
    others = [*(o for _, o in twins(frame, obj, address)), *_same_along(frame, obj)]
    having = [o for o in others if not isinstance(state_of(frame, o, attribute), Unloaded)]
    return bool(having) and not any(o.many for o in having)


def changed(frame: Frame, address: int, before: EntityObject) -> None:
    """The object at the address is not as it was before: its twins perhaps aren't either."""
    now = frame.entity(address)
    if now is None or now is before or before.session is None or before.life not in _IN_SESSION:
        return
    if replace(now, history=(), changed=before.changed) == replace(before, history=()):
        return
    gone = now.life is not before.life or now.session != before.session
    found: list[tuple[Column | Relationship, AttributeState]] = []
    for attribute in mapped_attributes(frame, now):
        state = state_of(frame, now, attribute)
        if _unlike(attribute, state, state_of(frame, before, attribute)):
            found.append((attribute, state))
    if not found and not gone:
        return
    for other, twin in twins(frame, before, address):
        doubts = {
            a.name: doubt for a, state in found if (doubt := _unlike(a, state_of(frame, twin, a), state))
        }
        if gone and (before.many or not twin.many):  # what stands for many stands for those that are left
            _add(doubts, unloaded(frame, twin))
            twin = replace(twin, life=Life.UNKNOWN)
        _doubt(frame, other, twin, doubts)


def settled(frame: Frame, address: int, before: EntityObject | None) -> None:
    """A call has changed an object, or made it (``before`` is None)."""
    obj = frame.entity(address)
    if before is not None:
        changed(frame, address, before)
    elif obj is not None and obj.life is Life.PERSISTENT and obj.base is Base.QUERIED:
        frame.put(address, arrived(frame, obj))
        reached(frame, obj.session, obj.entity, obj.plan)


def doubt_all(frame: Frame, refs: Iterable[Ref]) -> None:
    """Nobody knows which query has loaded these objects: what they lack is uncertain."""
    for ref in refs:
        obj = frame.entity(ref)
        if obj is not None and obj.base is Base.QUERIED:
            _doubt(frame, ref.address, obj, unloaded(frame, obj))


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
            _doubt(frame, address, obj, doubts)


def unloaded(frame: Frame, obj: EntityObject) -> dict[str, Perhaps]:
    """What the object lacks, as doubts."""
    return {
        a.name: _DOUBT for a in mapped_attributes(frame, obj) if isinstance(state_of(frame, obj, a), Unloaded)
    }


def _doubt(frame: Frame, address: int, obj: EntityObject, doubts: Mapping[str, Perhaps]) -> None:
    if doubts:
        obj = replace(obj, attributes={**obj.attributes, **doubts})
    if obj is not frame.entity(address):
        frame.put(address, obj)


def arrived(frame: Frame, fresh: EntityObject, *, populate: bool = False) -> EntityObject:
    """A query returns rows of which some may be in the session already: what the one has loaded and the other
    lacks is uncertain, on both sides. ``populate_existing`` leaves what the query itself loads.
    """
    if fresh.session is None:
        return fresh
    doubts: dict[str, Perhaps] = {}
    for address, twin in twins(frame, fresh, None):
        if _equal(fresh, twin):
            continue
        theirs: dict[str, Perhaps] = {}
        for attribute in mapped_attributes(frame, twin):
            here, there = state_of(frame, fresh, attribute), state_of(frame, twin, attribute)
            if populate:
                mine, yours = None, _unlike(attribute, there, here)
            else:
                mine, yours = doubted(attribute, here, there), doubted(attribute, there, here)
            if mine is not None:
                _add(doubts, {attribute.name: mine})
            elif yours is not None:
                theirs[attribute.name] = yours
        _doubt(frame, address, twin, theirs)
    if not populate:
        _add(doubts, _loaded_below(frame, fresh))
        fresh = second(frame, fresh)
    return replace(fresh, attributes={**fresh.attributes, **doubts}) if doubts else fresh


def second(frame: Frame, obj: EntityObject) -> EntityObject:
    """The object, which remembers whether its session may have held it before its query."""
    if not obj.plan.directives or obj.plan.second:
        return obj
    if twins(frame, obj, None) or _same_along(frame, obj):
        return replace(obj, plan=replace(obj.plan, second=True))
    return obj


def _equal(obj: EntityObject, other: EntityObject) -> bool:
    """Whether it is plain that both have the same loaded."""
    return (
        obj.plan == other.plan
        and obj.base is other.base
        and obj.expired is other.expired is None
        and not obj.attributes
        and not other.attributes
    )


def _left_apart(first: Value | None, second: Value | None) -> bool:
    """Whether objects were detached at two moments, and so are two: each is detached once."""
    return first is not None and second is not None and first != second


def brought_along(frame: Frame, session: int | None, left: Value | None = None) -> list[EntityObject]:
    """What queries have loaded along with the objects of a session, or with those that are detached, whether
    or not something has read it.

    Args:
        left: when it was detached, if it was.
    """
    life = Life.DETACHED if session is None else Life.PERSISTENT
    found = {
        place: None
        for _, obj in frame.entities()
        if obj.session == session and obj.base is Base.QUERIED and obj.life is life
        if not _left_apart(obj.left, left)
        for place in places(frame, obj.plan, obj.entity)
    }
    return [replace(placed(entity, plan, session), life=life) for entity, plan in found]


def placed(entity: str, plan: Plan, session: int | None) -> EntityObject:
    """What a query has loaded along at one place."""
    return EntityObject(entity, Base.QUERIED, Life.PERSISTENT, session, plan, many=True)


def _loaded_below(frame: Frame, fresh: EntityObject) -> dict[str, Perhaps]:
    """What queries have loaded on objects of this class further down, though nothing has read them yet."""
    lacking = [
        (a, state)
        for a in mapped_attributes(frame, fresh)
        if isinstance(state := state_of(frame, fresh, a), Unloaded)
    ]
    if not lacking:
        return {}
    doubts: dict[str, Perhaps] = {}
    for other in _same_along(frame, fresh):
        for attribute, state in lacking:
            there = state_of(frame, other, attribute)
            doubt = doubted(attribute, state, there) if not isinstance(there, Perhaps) else None
            if doubt is not None:
                _add(doubts, {attribute.name: doubt})
    return doubts


def _same_along(frame: Frame, obj: EntityObject) -> list[EntityObject]:
    along = brought_along(frame, obj.session, obj.left if obj.session is None else None)
    return [o for o in along if may_be_same(frame, o, obj)]


def met_again(frame: Frame, child: EntityObject) -> EntityObject:
    """An object that its query had loaded along is read for the first time. It may be one that the session
    holds, with more loaded, or one from which something was taken meanwhile.
    """
    doubts: dict[str, Perhaps] = {}
    for _, twin in twins(frame, child, None):
        if _equal(child, twin) or _is_above(child, twin):
            continue
        for attribute in mapped_attributes(frame, child):
            here, there = state_of(frame, child, attribute), state_of(frame, twin, attribute)
            doubt = doubted(attribute, here, there)
            taken = twin.expired is not None or attribute.name in twin.attributes
            lacking = _may_lack(there) if child.plan.lazily else taken and isinstance(there, Unloaded)
            if doubt is None and lacking:
                doubt = _unlike(attribute, here, there)
            if doubt is not None:
                _add(doubts, {attribute.name: doubt})
    if child.life in (Life.PERSISTENT, Life.DETACHED):
        _add(doubts, _loaded_below(frame, child))
        if child.plan.lazily:
            child = with_less(frame, child, _same_along(frame, child))
    return replace(child, attributes={**child.attributes, **doubts}) if doubts else child


def _is_above(child: EntityObject, twin: EntityObject) -> bool:
    """Whether the child is below the twin in a tree of one class, of which one query loaded a part: nothing
    is below itself.
    """
    above, path = twin.plan.path, child.plan.path
    return (
        not twin.every
        and len(above) < len(path)
        and path[: len(above)] == above
        and len({*path[len(above) - 1 :]}) == 1
        and child.history[:1] == twin.history[:1]
    )


def met_by_its_own_query(frame: Frame, fresh: EntityObject) -> EntityObject:
    """With ``populate_existing`` a query may come to one row at several places of its tree. A further SELECT
    leaves on it what it loads itself. In a JOIN the first place counts, and others only add columns: of one
    row, that is where it is selected.
    """
    doubts: dict[str, Perhaps] = {}
    for entity, plan in places(frame, fresh.plan, fresh.entity):
        is_joined = plan.select_from == 0
        if entity != fresh.entity or (is_joined and is_identity(fresh.identity)):
            continue
        found = _differences(frame, placed(entity, plan, fresh.session), fresh, populate=True)
        columns = {a.name for a in mapped_attributes(frame, fresh) if isinstance(a, Column)}
        lacking = {a.name for a in mapped_attributes(frame, fresh) if _may_lack(state_of(frame, fresh, a))}
        _add(doubts, {n: d for n, d in found.items() if not is_joined or n not in columns or n in lacking})
    return replace(fresh, attributes={**fresh.attributes, **doubts}) if doubts else fresh


def reached(
    frame: Frame,
    session: int | None,
    entity: str,
    plan: Plan,
    *,
    root: bool = False,
    populate: bool = False,
) -> None:
    """What a query loads along may be objects that the session holds: it fills them, and
    ``populate_existing`` takes from them what it does not load itself.
    """
    if session is None:
        return
    views = [placed(e, p, session) for e, p in places(frame, plan, entity)]
    if root:
        views.append(placed(entity, plan, session))
    held = [(a, o) for a, o in frame.entities() if o.session == session and o.life is Life.PERSISTENT]
    for address, obj in held:
        doubts: dict[str, Perhaps] = {}
        for view in views:
            if may_be_same(frame, obj, view):
                _add(doubts, _differences(frame, view, obj, populate=populate))
                if populate and len(view.plan.path) > len(obj.plan.path):
                    obj = replace(obj, plan=replace(obj.plan, other=view.plan.path))
        _doubt(frame, address, obj, doubts)


def _differences(
    frame: Frame, view: EntityObject, obj: EntityObject, *, populate: bool
) -> dict[str, Perhaps]:
    if _equal(view, obj):
        return {}
    found: dict[str, Perhaps] = {}
    for attribute in mapped_attributes(frame, obj):
        there, seen = state_of(frame, obj, attribute), state_of(frame, view, attribute)
        doubt = _unlike(attribute, there, seen) if populate else doubted(attribute, there, seen)
        if doubt is not None:
            found[attribute.name] = doubt
    return found


def with_less(frame: Frame, made: EntityObject, rivals: Iterable[EntityObject]) -> EntityObject:
    """The object, unless it is one of the rivals: what any of them lacks is uncertain."""
    doubts: dict[str, Perhaps] = {}
    for rival in rivals:
        for attribute in mapped_attributes(frame, made):
            mine, theirs = state_of(frame, made, attribute), state_of(frame, rival, attribute)
            if _may_lack(theirs) and (doubt := _unlike(attribute, mine, theirs)):
                _add(doubts, {attribute.name: doubt})
    return replace(made, attributes={**made.attributes, **doubts}) if doubts else made
