"""Objects that may be the same row, seen from different places.

SQLAlchemy has one object for a row of a session; the analyser may have several, as the program alone does
not tell whether they are the same. So what happens to one of them perhaps happens to the others
(``changes.py``), and what a query loads on one, it perhaps loads on the others (``arrivals.py``).
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

from msgspec.structs import replace

from detachlint.domain.models import Relationship
from detachlint.frameworks.sqlalchemy.identity.identity_map import keys_of, places
from detachlint.frameworks.sqlalchemy.instances.attributes import (
    state_of,
)
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import (
    Base,
    EntityObject,
    Life,
    Loaded,
    Plan,
    Unloaded,
)
from detachlint.interpret.values import Const, Value

IN_SESSION = (Life.PERSISTENT, Life.DELETED, Life.UNKNOWN)


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


def twins(
    frame: Frame, obj: EntityObject, address: int | None, beside: Container[int] = ()
) -> list[tuple[int, EntityObject]]:
    """The other objects of its session that may be the same row; of all sessions, once it is detached.

    Args:
        beside: addresses of objects that are left out.
    """
    if obj.session is None:
        if obj.life is not Life.DETACHED:
            return []
        return [
            (a, o)
            for a, o in frame.entities()
            if a != address
            and a not in beside
            and o.life is Life.DETACHED
            and not _left_apart(o.left, obj.left)
            and may_be_same(frame, o, obj)
        ]
    return [
        (a, o)
        for a, o in frame.entities()
        if a != address
        and a not in beside
        and o.session == obj.session
        and o.life in IN_SESSION
        and may_be_same(frame, o, obj)
    ]


def few_have(frame: Frame, obj: EntityObject, address: int, attribute: Relationship) -> bool:
    """Whether of many objects, those that have the relationship loaded are single ones seen elsewhere."""
    if not isinstance(state_of(frame, replace(obj, attributes={}, expired=None), attribute), Unloaded):
        return False  # their own query has loaded it
    others = [*(o for _, o in twins(frame, obj, address)), *same_along(frame, obj)]
    having = [o for o in others if not isinstance(state_of(frame, o, attribute), Unloaded)]
    return bool(having) and not any(o.many for o in having)


def equally_loaded(obj: EntityObject, other: EntityObject) -> bool:
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


def brought_along(
    frame: Frame, session: int | None, left: Value | None = None, beside: Container[int] = ()
) -> list[EntityObject]:
    """What queries have loaded along with the objects of a session, or with those that are detached, whether
    or not something has read it.

    Args:
        left: when it was detached, if it was.
        beside: addresses of objects that are left out.
    """
    found = {
        place: None
        for obj in _queried(frame, session, left, beside)
        for place in places(frame, obj.plan, obj.entity, back=False)
    }
    life = _life_of(session)
    return [replace(placed(entity, plan, session), life=life) for entity, plan in found]


def _queried(
    frame: Frame, session: int | None, left: Value | None, beside: Container[int]
) -> list[EntityObject]:
    life = _life_of(session)
    return [
        obj
        for address, obj in frame.entities()
        if obj.session == session
        and obj.base is Base.QUERIED
        and obj.life is life
        and address not in beside
        and not _left_apart(obj.left, left)
    ]


def _life_of(session: int | None) -> Life:
    return Life.DETACHED if session is None else Life.PERSISTENT


def placed(entity: str, plan: Plan, session: int | None) -> EntityObject:
    """What a query has loaded along at one place."""
    return EntityObject(entity, Base.QUERIED, Life.PERSISTENT, session, plan, many=True)


def same_along(frame: Frame, obj: EntityObject, beside: Container[int] = ()) -> list[EntityObject]:
    """What queries have loaded along that may be the same row: of related classes, as of their keys nothing
    is known.
    """
    found: dict[int, tuple[EntityObject, ...]] = {}
    for held in _queried(frame, obj.session, obj.left if obj.session is None else None, beside):
        views = placed_like(frame, held.plan, held.entity, obj, back=False)
        found[id(views)] = views
    return [view for views in found.values() for view in views]


@dataclass(slots=True)
class _Placed:
    """What plans load along of related classes: asked for often, and worked out once.

    Args:
        of_plan: by the plan object, which is held so that its id stays its own.
        equal: by what the plan says, so that plans that are equal have the same.
    """

    of_plan: dict[object, tuple[Plan, tuple[EntityObject, ...]]] = field(default_factory=dict)
    equal: dict[object, tuple[EntityObject, ...]] = field(default_factory=dict)


def placed_like(
    frame: Frame, plan: Plan, entity: str, obj: EntityObject, *, back: bool
) -> tuple[EntityObject, ...]:
    """What a query has loaded along with an entity, and may be the object: the same ones each time.

    Args:
        back: with those that are objects of another place, as the owner of what it owns.
    """
    cache = frame.machine.note(_Placed)
    key = (id(plan), entity, obj.entity, obj.session, back)
    known = cache.of_plan.get(key)
    if known is None:
        wanted = (plan, entity, obj.entity, obj.session, back)
        views = cache.equal.get(wanted)
        if views is None:
            along = (placed(e, p, obj.session) for e, p in places(frame, plan, entity, back=back))
            related = [view for view in along if may_be_same(frame, view, obj)]
            life = _life_of(obj.session)
            views = cache.equal[wanted] = tuple([replace(view, life=life) for view in related])
        known = cache.of_plan[key] = (plan, views)
    return known[1]
