"""What a query loads into objects that the session holds."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from msgspec.structs import replace

from detachlint.domain.facts import Cause, Event, Step
from detachlint.domain.models import Column, Lazy, Relationship
from detachlint.frameworks.sqlalchemy.identity.changes import changed
from detachlint.frameworks.sqlalchemy.identity.doubts import doubt_all
from detachlint.frameworks.sqlalchemy.instances.attributes import (
    DOUBTS,
    MAY_RAISE,
    mapped_attributes,
    state_of,
)
from detachlint.frameworks.sqlalchemy.instances.related import read_loaded, related, store_loaded
from detachlint.frameworks.sqlalchemy.queries import plans
from detachlint.frameworks.sqlalchemy.queries.interned import plan_below
from detachlint.frameworks.sqlalchemy.queries.plan_columns import column_state
from detachlint.frameworks.sqlalchemy.sessions.objects import targets
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Base, EntityObject, Loaded, Perhaps, Plan, Unloaded
from detachlint.interpret.values import Ref, Statement


def fill(
    frame: Frame, ref: Ref, plan: Plan, statement: Statement | None, *, derived_only: bool = False
) -> None:
    """A query meets an object that is in the session: it loads what is unloaded and leaves what is loaded.

    ``populate_existing`` takes everything from the new query instead.

    Args:
        derived_only: the same query meets its own object again: what has happened to the object since stays.
    """
    pending = deque([(ref, plan)])
    seen = {(ref, plan.directives)}
    while pending:
        met, its_plan = pending.popleft()
        before = frame.entity(met)
        if before is None:
            continue
        # The shortest way to an object loads the most: cycles of eager relationships end on longer ones.
        for below in _fill(frame, met, before, its_plan, statement, derived_only=derived_only):
            key = (below[0], below[1].directives)
            if key not in seen:
                seen.add(key)
                pending.append(below)
        changed(frame, met.address, before)
        current = frame.entity(met)
        if statement is not None and current is not None and not current.history:
            name = frame.machine.graph.entities[current.entity].name
            step = Step(statement.site, f"`{name}` is queried here", Event.QUERIED)
            frame.put(met, replace(current, history=(step,)))
        statement, derived_only = None, False


def _fill_relationship(
    frame: Frame, ref: Ref, obj: EntityObject, attribute: Relationship, plan: Plan
) -> None:
    graph = frame.machine.graph
    state = state_of(frame, obj, attribute)
    doubted = isinstance(state, Perhaps) and state.reason in DOUBTS
    if not isinstance(state, Unloaded) and not doubted:
        return
    if plans.is_loaded(graph, plan, obj.entity, attribute):
        if plans.strategy(graph, plan, obj.entity, attribute).lazy is Lazy.IMMEDIATE:
            plan = plans.immediately(obj.plan if obj.base is Base.QUERIED else Plan(), obj.entity, attribute)
        seen = replace(obj, base=Base.QUERIED, plan=plan)
        value = related(frame, ref, seen, attribute, arriving=True)
        if doubted:
            doubt_all(frame, targets(frame, value))  # it may have been loaded before, with less below it
        store_loaded(frame, ref, attribute.name, value)
    elif plans.strategy(graph, plan, obj.entity, attribute).lazy is Lazy.RAISE:
        # The option stays on the instance.
        forbidden = Perhaps(MAY_RAISE) if doubted else Unloaded(Cause.RAISE)
        current = frame.entity(ref) or obj
        frame.put(ref, replace(current, attributes={**current.attributes, attribute.name: forbidden}))


def _below(
    frame: Frame, ref: Ref, obj: EntityObject, attribute: Relationship, plan: Plan
) -> Iterator[tuple[Ref, Plan]]:
    """The query comes to what a loaded relationship holds, too, and loads more there; but ``immediate`` does
    not.
    """
    graph = frame.machine.graph
    if plans.strategy(graph, plan, obj.entity, attribute).lazy is Lazy.IMMEDIATE:
        return
    if not plans.is_loaded(graph, plan, obj.entity, attribute):
        return
    below = plan_below(frame, plan, obj.entity, attribute)
    for held in targets(frame, read_loaded(frame, ref, obj, attribute)):
        other = frame.entity(held)
        if other is not None and other.session == obj.session:
            yield held, below


def _know_subclasses(frame: Frame, ref: Ref, plan: Plan) -> None:
    """The columns of the subclasses that the query knows are filled in too."""
    obj = frame.entity(ref)
    named = {n for d in plan.directives if d.strategy == "polymorphic" and len(d.path) == 1 for n in d.names}
    further = (named | set(plan.polymorphic)).difference(obj.plan.polymorphic) if obj is not None else ()
    if obj is not None and further:
        known = (*obj.plan.polymorphic, *sorted(further))
        frame.put(ref, replace(obj, plan=replace(obj.plan, polymorphic=known)))


def _seen_as(frame: Frame, obj: EntityObject, plan: Plan) -> str:
    """The class that a query sees the object as: where it asks for a subclass, what it returns is of that."""
    queried = plan.path[-1] if plan.path else obj.entity
    return queried if frame.machine.graph.is_a(queried, obj.entity) else obj.entity


def _row_of_expired(frame: Frame, obj: EntityObject, plan: Plan, seen_as: str) -> EntityObject:
    """A query brings the row of an expired object: its columns are back, as far as the query selects them.
    The options that stay with the object are those of an earlier query, and count only where it is refreshed.
    """
    graph = frame.machine.graph
    unloaded = Unloaded(obj.expired or Cause.EXPIRED)
    lacking = {
        a.name: unloaded
        for a in mapped_attributes(frame, replace(obj, entity=seen_as))
        if isinstance(a, Relationship)
        or plans.on_subclass(graph, plan, seen_as, a.name)
        or column_state(graph, plan, seen_as, a) is not None
    }
    return replace(obj, expired=None, attributes={**lacking, **obj.attributes})


def _fill(
    frame: Frame, ref: Ref, obj: EntityObject, plan: Plan, statement: Statement | None, *, derived_only: bool
) -> list[tuple[Ref, Plan]]:
    """Load what one object lacks; the objects that the query comes to behind it, with their plans."""
    graph = frame.machine.graph
    seen_as = _seen_as(frame, obj, plan)
    if seen_as != obj.entity and not obj.many:
        obj = replace(obj, entity=seen_as)
        frame.put(ref, obj)
    if statement is not None and statement.populate_existing:
        frame.put(ref, replace(obj, base=Base.QUERIED, plan=plan, attributes={}, expired=None, in_map={}))
        return []
    if obj.expired is not None:
        obj = _row_of_expired(frame, obj, plan, seen_as)
        frame.put(ref, obj)
    if statement is not None:
        _know_subclasses(frame, ref, plan)
    further: list[tuple[Ref, Plan]] = []
    for attribute in graph.entities[seen_as].attributes.values():
        obj = replace(frame.entity(ref) or obj, entity=seen_as)
        if derived_only and attribute.name in obj.attributes:
            continue
        if isinstance(attribute, Relationship):
            if isinstance(state_of(frame, obj, attribute), Loaded) and not derived_only:
                further += _below(frame, ref, obj, attribute, plan)
            else:
                _fill_relationship(frame, ref, obj, attribute, plan)
        elif isinstance(attribute, Column):
            # Whatever is not known of a column that the row brings: it is there now.
            is_lacking = not isinstance(state_of(frame, obj, attribute), Loaded)
            if is_lacking and column_state(graph, plan, obj.entity, attribute) is None:
                store_loaded(frame, ref, attribute.name, frame.unknown("column"))
    return further
