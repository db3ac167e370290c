"""Attributes of mapped instances: which of them are in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from detachlint.domain.facts import Cause, Step
from detachlint.domain.models import Column, Entity, Lazy, ModelGraph, Relationship
from detachlint.frameworks.sqlalchemy.queries import plans
from detachlint.frameworks.sqlalchemy.queries.plan_columns import column_state
from detachlint.interpret.frame import Frame, shorten
from detachlint.interpret.heap import (
    AttributeState,
    Base,
    EntityObject,
    Life,
    Loaded,
    Perhaps,
    Plan,
    Unloaded,
)
from detachlint.interpret.statements.tries import UNFINISHED
from detachlint.interpret.values import Unknown, Value

MAY_BE_SAME = "the session may hold the object already, with it loaded"
MAY_RAISE = "the session may hold the object already, with an option that forbids the read"
UNKNOWN_OPTIONS = "loader options that are not known"
# What depends on whether two places show the same row.
DOUBTS = (MAY_BE_SAME, MAY_RAISE)
MAX_KNOWN = 50_000
_RAISING = (Lazy.RAISE, Lazy.RAISE_ON_SQL)


NEW = (Life.TRANSIENT, Life.PENDING)


def mapped(frame: Frame, ref: Value) -> tuple[EntityObject, Entity] | None:
    """The heap object and the mapping of an instance."""
    obj = frame.entity(ref)
    if obj is None:
        return None
    entity = frame.machine.graph.entities.get(obj.entity)
    return None if entity is None else (obj, entity)


def mapped_attributes(frame: Frame, obj: EntityObject) -> tuple[Column | Relationship, ...]:
    """What may be loaded or not of an object of its class."""
    cache = frame.machine.note(_States).of_class
    known = cache.get(obj.entity)
    if known is None:
        attributes = frame.machine.graph.entities[obj.entity].attributes.values()
        known = cache[obj.entity] = tuple([a for a in attributes if isinstance(a, (Column, Relationship))])
    return known


def is_as_queried(obj: EntityObject) -> bool:
    """Whether plan and class of an object say all that there is to say of its attributes."""
    return obj.base is Base.QUERIED and obj.expired is None and not obj.attributes


def not_loaded(frame: Frame, obj: EntityObject) -> Mapping[str, tuple[Column | Relationship, AttributeState]]:
    """The attributes that are not in memory for sure, in the order of the mapping, by name."""
    key: object = (id(obj.plan), obj.entity) if is_as_queried(obj) else id(obj)
    cache = frame.machine.note(_States).not_loaded
    known = cache.get(key)
    if known is None:
        states = {a.name: (a, state_of(frame, obj, a)) for a in mapped_attributes(frame, obj)}
        lacking = {name: pair for name, pair in states.items() if not isinstance(pair[1], Loaded)}
        if len(cache) > MAX_KNOWN:
            cache.clear()
        known = cache[key] = (obj, lacking)  # holding the object keeps its id, and its plan's, their own
    return known[1]


def may_differ(frame: Frame, obj: EntityObject, other: EntityObject) -> Sequence[Column | Relationship]:
    """The attributes of an object's class, without those that both objects have in memory."""
    attributes = mapped_attributes(frame, obj)
    if obj.entity != other.entity:
        return attributes
    mine, theirs = not_loaded(frame, obj), not_loaded(frame, other)
    return [a for a in attributes if a.name in mine or a.name in theirs]


def state_of(frame: Frame, obj: EntityObject, attribute: Column | Relationship) -> AttributeState:
    """Whether the attribute is in memory; values of loaded attributes come into being when they are read."""
    known = obj.attributes.get(attribute.name)
    if known is not None and known != UNFINISHED:
        return known
    before = _known_apart(frame, obj, attribute)
    return known if known is not None and not isinstance(before, Loaded) else before


def _known_apart(frame: Frame, obj: EntityObject, attribute: Column | Relationship) -> AttributeState:
    """What is known of an attribute that nothing has set or read."""
    if obj.expired is not None and obj.life not in NEW:
        return Unloaded(obj.expired)
    match obj.base:
        case Base.UNKNOWN:
            return Perhaps("object whose query is not in the analysed code")
        case Base.FRESH | Base.STORED:
            return _fresh_state(obj, attribute)
        case Base.QUERIED:
            return _queried_state(frame, obj, attribute)


def _fresh_state(obj: EntityObject, attribute: Column | Relationship) -> AttributeState:
    if obj.life in NEW:
        return Loaded(Unknown("attribute that was not set"))
    if isinstance(attribute, Column):
        if attribute.expression or attribute.deferred:
            return Unloaded(Cause.NEW_OBJECT)
        return Loaded(Unknown("column"))
    return Unloaded(Cause.NEW_OBJECT)


@dataclass(slots=True)
class _States:
    """What is asked for often, and worked out once.

    Args:
        of_class: the attributes of each entity.
        not_loaded: by the plan of objects that have no states of their own, else by the object.
        tables: what plans say of attributes, for each plan object.
    """

    of_class: dict[str, tuple[Column | Relationship, ...]] = field(default_factory=dict)
    not_loaded: dict[
        object, tuple[EntityObject, Mapping[str, tuple[Column | Relationship, AttributeState]]]
    ] = field(default_factory=dict)
    tables: dict[tuple[int, str], tuple[Plan, dict[str, AttributeState]]] = field(default_factory=dict)

    def of(self, plan: Plan, entity: str) -> dict[str, AttributeState]:
        found = self.tables.get((id(plan), entity))
        if found is None:
            found = self.tables[id(plan), entity] = (plan, {})  # holding the plan keeps its id its own
        return found[1]


def _queried_state(frame: Frame, obj: EntityObject, attribute: Column | Relationship) -> AttributeState:
    table = frame.machine.note(_States).of(obj.plan, obj.entity)
    known = table.get(attribute.name)
    if known is None:
        known = table[attribute.name] = _planned_state(frame, obj, attribute)
    return known


def _planned_state(frame: Frame, obj: EntityObject, attribute: Column | Relationship) -> AttributeState:
    graph = frame.machine.graph
    if plans.on_subclass(graph, obj.plan, obj.entity, attribute.name):
        return Unloaded(Cause.NOT_LOADED)
    if isinstance(attribute, Column):
        cause = column_state(graph, obj.plan, obj.entity, attribute)
        by_mapping = column_state(graph, Plan(), obj.entity, attribute)
        if cause is not None and obj.entity in obj.plan.repeated and by_mapping is None:
            # The other place that the query reaches it from may load the column, unless the mapping itself
            # defers it.
            return Perhaps(MAY_BE_SAME)
        return Loaded(Unknown("column")) if cause is None else Unloaded(cause)
    loaded = plans.is_loaded(graph, obj.plan, obj.entity, attribute)
    if loaded:
        return Loaded(Unknown("relationship"))
    if loaded is None:
        found = plans.strategy(graph, obj.plan, obj.entity, attribute)
        known = found.lazy is Lazy.IMMEDIATE or obj.plan.other
        return Perhaps(MAY_BE_SAME if known else UNKNOWN_OPTIONS)
    forbidden = plans.strategy(graph, obj.plan, obj.entity, attribute).lazy in _RAISING
    if obj.entity in obj.plan.repeated and any(
        name == attribute.name and graph.is_a(obj.entity, entity) for entity, name in obj.plan.loads
    ):
        return Perhaps(MAY_RAISE if forbidden else MAY_BE_SAME)
    if obj.entity in obj.plan.repeated and (attribute.lazy.is_eager or is_emptied(attribute)):
        return Perhaps(MAY_RAISE if forbidden else MAY_BE_SAME)
    if forbidden:
        return Unloaded(Cause.RAISE)
    if obj.plan.reached_by == plans.OPTION:
        return Unloaded(Cause.CHAIN_STOPS)
    return Unloaded(Cause.NOT_LOADED)


def is_emptied(attribute: Column | Relationship) -> bool:
    """Whether a query that says nothing of the attribute leaves it empty, as good as loaded."""
    return isinstance(attribute, Relationship) and attribute.lazy is Lazy.NOLOAD


def raises(attribute: Column | Relationship, state: AttributeState) -> bool:
    """Whether the attribute is or may be unloaded, and an option or the mapping forbids to load it by
    reading.
    """
    if not isinstance(state, Unloaded):
        return isinstance(state, Perhaps) and state.reason == MAY_RAISE
    if state.cause is Cause.RAISE:
        return True
    # The strategy of the mapping holds again for what was expired.
    planned = state.cause in (Cause.NOT_LOADED, Cause.CHAIN_STOPS)
    return isinstance(attribute, Relationship) and attribute.lazy in _RAISING and not planned


def restore_columns(frame: Frame, obj: EntityObject) -> EntityObject:
    """The row of an expired instance was read again: columns are back, relationships are not."""
    cause = obj.expired or Cause.EXPIRED
    graph = frame.machine.graph
    attributes = dict(obj.attributes)
    if obj.expired is not None:
        columns = {c.name for c in graph.entities[obj.entity].columns if not c.deferred}
        # That one of them may have come back before matters no more.
        attributes = {n: s for n, s in attributes.items() if n not in columns or not isinstance(s, Perhaps)}
    plan = plans.anew(obj.plan, obj.entity)
    for attribute in graph.entities[obj.entity].relationships:
        # The options of its query stay with an object: what they load comes back with the columns.
        if obj.base is not Base.QUERIED or not plans.is_loaded(graph, plan, obj.entity, attribute):
            attributes.setdefault(attribute.name, Unloaded(cause))
        elif is_of_another(graph, plan, obj.entity, attribute):
            attributes.setdefault(attribute.name, Perhaps(MAY_BE_SAME))
    return replace(obj, expired=None, attributes=attributes, plan=plan)


def is_of_another(graph: ModelGraph, plan: Plan, entity: str, attribute: Relationship) -> bool:
    """Whether the options that load the relationship may not be those that stay with the object."""
    return plan.second and not plans.is_loaded(graph, Plan((), (entity,)), entity, attribute)


def note(obj: EntityObject, step: Step) -> EntityObject:
    """Add a step to the object's history."""
    return replace(obj, history=shorten((*obj.history, step)))
