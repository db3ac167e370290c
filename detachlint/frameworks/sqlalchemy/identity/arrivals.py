"""Rows that a query returns or loads along, of which some may be in the session already."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

from msgspec.structs import replace

from detachlint.domain.models import Column, Relationship
from detachlint.frameworks.sqlalchemy.identity.doubts import (
    add_doubts,
    differences,
    doubted,
    may_lack,
    put_doubts,
    unlike,
    with_less,
)
from detachlint.frameworks.sqlalchemy.identity.identity_map import is_identity, places
from detachlint.frameworks.sqlalchemy.identity.twins import (
    equally_loaded,
    may_be_same,
    placed,
    placed_like,
    same_along,
    twins,
)
from detachlint.frameworks.sqlalchemy.instances.attributes import (
    is_as_queried,
    mapped_attributes,
    may_differ,
    not_loaded,
    state_of,
)
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import (
    AttributeState,
    Base,
    EntityObject,
    Life,
    Perhaps,
    Plan,
    Unloaded,
)


def arrived(
    frame: Frame, fresh: EntityObject, *, populate: bool = False, beside: Container[int] = ()
) -> EntityObject:
    """A query returns rows of which some may be in the session already: what the one has loaded and the other
    lacks is uncertain, on both sides. ``populate_existing`` leaves what the query itself loads.

    Args:
        beside: addresses of the objects that it has met already, and its own.
    """
    if fresh.session is None:
        return fresh
    doubts: dict[str, Perhaps] = {}
    for address, twin in twins(frame, fresh, None, beside):
        if equally_loaded(fresh, twin):
            continue
        theirs: dict[str, Perhaps] = {}
        for attribute in may_differ(frame, twin, fresh):
            here, there = state_of(frame, fresh, attribute), state_of(frame, twin, attribute)
            if populate:
                mine, yours = None, unlike(attribute, there, here)
            else:
                mine, yours = doubted(attribute, here, there), doubted(attribute, there, here)
            if mine is not None:
                add_doubts(doubts, {attribute.name: mine})
            elif yours is not None:
                theirs[attribute.name] = yours
        put_doubts(frame, address, twin, theirs)
    if not populate:
        add_doubts(doubts, _loaded_below(frame, fresh, beside))
        fresh = _second(frame, fresh, beside)
    return replace(fresh, attributes={**fresh.attributes, **doubts}) if doubts else fresh


def _second(frame: Frame, obj: EntityObject, beside: Container[int]) -> EntityObject:
    """The object, which remembers whether its session may have it from a query with other options."""
    if not obj.plan.directives or obj.plan.second:
        return obj
    others = [twin for _, twin in twins(frame, obj, None, beside)] + same_along(frame, obj, beside)
    if not all(_has_options_of(obj, other) for other in others):
        return replace(obj, plan=replace(obj.plan, second=True))
    return obj


def _has_options_of(obj: EntityObject, other: EntityObject) -> bool:
    """Whether the same options stay with both, whichever query has brought the row first."""
    mine, theirs = obj.plan, other.plan
    same = (mine.directives, mine.path) == (theirs.directives, theirs.path)
    return other.base is Base.QUERIED and same and not theirs.second


def _loaded_below(frame: Frame, fresh: EntityObject, beside: Container[int] = ()) -> dict[str, Perhaps]:
    """What queries have loaded on objects of this class further down, though nothing has read them yet."""
    lacking = [pair for pair in not_loaded(frame, fresh).values() if isinstance(pair[1], Unloaded)]
    if not lacking:
        return {}
    doubts: dict[str, Perhaps] = {}
    known = frame.machine.note(_Loads).found if is_as_queried(fresh) else {}
    for other in same_along(frame, fresh, beside):
        key = (id(fresh.plan), fresh.entity, id(other))
        found = known.get(key)
        if found is None:
            found = known[key] = (fresh.plan, other, _loads(frame, lacking, other))
        add_doubts(doubts, found[2])
    return doubts


@dataclass(slots=True)
class _Loads:
    """What places of plans perhaps load of objects that are as their own query left them: by plan, class and
    place, which are held so that their ids stay their own.
    """

    found: dict[tuple[int, str, int], tuple[Plan, EntityObject, dict[str, Perhaps]]] = field(
        default_factory=dict
    )


def _loads(
    frame: Frame, lacking: list[tuple[Column | Relationship, AttributeState]], other: EntityObject
) -> dict[str, Perhaps]:
    doubts: dict[str, Perhaps] = {}
    for attribute, state in lacking:
        there = state_of(frame, other, attribute)
        doubt = doubted(attribute, state, there) if not isinstance(there, Perhaps) else None
        if doubt is not None:
            doubts[attribute.name] = doubt
    return doubts


def met_again(frame: Frame, child: EntityObject) -> EntityObject:
    """An object that its query had loaded along is read for the first time. It may be one that the session
    holds, with more loaded, or one from which something was taken meanwhile.
    """
    doubts: dict[str, Perhaps] = {}
    for _, twin in twins(frame, child, None):
        if equally_loaded(child, twin) or _is_above(child, twin):
            continue
        for attribute in may_differ(frame, child, twin):
            here, there = state_of(frame, child, attribute), state_of(frame, twin, attribute)
            doubt = doubted(attribute, here, there)
            taken = twin.expired is not None or attribute.name in twin.attributes
            if child.plan.lazily:
                lacking = may_lack(there) and not _is_back(twin, attribute, there)
            else:
                lacking = taken and isinstance(there, Unloaded)
            if doubt is None and lacking:
                doubt = unlike(attribute, here, there)
            if doubt is not None:
                add_doubts(doubts, {attribute.name: doubt})
    if child.life in (Life.PERSISTENT, Life.DETACHED):
        add_doubts(doubts, _loaded_below(frame, child))
        if child.plan.lazily:
            child = with_less(frame, child, same_along(frame, child))
    return replace(child, attributes={**child.attributes, **doubts}) if doubts else child


def _is_back(twin: EntityObject, attribute: Column | Relationship, state: AttributeState) -> bool:
    """Whether the load that came to an expired object has brought this column back, if it was that object."""
    return twin.expired is not None and isinstance(attribute, Column) and isinstance(state, Perhaps)


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
        found = differences(frame, placed(entity, plan, fresh.session), fresh, populate=True)
        columns = {a.name for a in mapped_attributes(frame, fresh) if isinstance(a, Column)}
        lacking = {a.name for a in mapped_attributes(frame, fresh) if may_lack(state_of(frame, fresh, a))}
        add_doubts(
            doubts, {n: d for n, d in found.items() if not is_joined or n not in columns or n in lacking}
        )
    return replace(fresh, attributes={**fresh.attributes, **doubts}) if doubts else fresh


def reached(
    frame: Frame,
    session: int | None,
    entity: str,
    plan: Plan,
    *,
    root: bool = False,
    populate: bool = False,
    beside: Container[int] = (),
) -> None:
    """What a query loads along may be objects that the session holds: it fills them, and
    ``populate_existing`` takes from them what it does not load itself.

    Args:
        beside: addresses of objects that have met the query already.
    """
    if session is None:
        return
    itself = placed(entity, plan, session)
    held = [
        (a, o)
        for a, o in frame.entities()
        if o.session == session and o.life is Life.PERSISTENT and a not in beside
    ]
    for address, obj in held:
        doubts: dict[str, Perhaps] = {}
        views = placed_like(frame, plan, entity, obj, back=populate)
        if root and may_be_same(frame, obj, itself):
            views = (*views, itself)
        for view in views:
            add_doubts(doubts, differences(frame, view, obj, populate=populate))
            if populate and len(view.plan.path) > len(obj.plan.path):
                obj = replace(obj, plan=replace(obj.plan, other=view.plan.path))
        put_doubts(frame, address, obj, doubts)
