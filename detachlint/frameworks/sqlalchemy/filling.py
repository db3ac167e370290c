"""What a query loads into objects that the session holds."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import Event, Step
from detachlint.domain.models import Column, Relationship
from detachlint.frameworks.sqlalchemy import plans
from detachlint.frameworks.sqlalchemy.instances import restore_columns, state_of
from detachlint.frameworks.sqlalchemy.related import related
from detachlint.frameworks.sqlalchemy.twins import changed
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Base, EntityObject, Loaded, Plan, Unloaded
from detachlint.interpret.values import Ref, Statement


def fill(
    frame: Frame, ref: Ref, plan: Plan, statement: Statement | None, *, derived_only: bool = False
) -> None:
    """A query meets an object that is in the session: it loads what is unloaded and leaves what is loaded.

    ``populate_existing`` takes everything from the new query instead.

    Args:
        derived_only: the same query meets its own object again: what has happened to the object since stays.
    """
    before = frame.entity(ref)
    if before is None:
        return
    _fill(frame, ref, before, plan, statement, derived_only=derived_only)
    changed(frame, ref.address, before)
    current = frame.entity(ref)
    if statement is not None and current is not None and not current.history:
        name = frame.machine.graph.entities[current.entity].name
        step = Step(statement.site, f"`{name}` is queried here", Event.QUERIED)
        frame.put(ref, replace(current, history=(step,)))


def _fill(
    frame: Frame, ref: Ref, obj: EntityObject, plan: Plan, statement: Statement | None, *, derived_only: bool
) -> None:
    graph = frame.machine.graph
    if statement is not None and statement.populate_existing:
        frame.put(ref, replace(obj, base=Base.QUERIED, plan=plan, attributes={}, expired=None, in_map={}))
        return
    if obj.expired is not None:
        obj = restore_columns(frame, obj)
        frame.put(ref, obj)
    entity = graph.entities[obj.entity]
    for attribute in entity.attributes.values():
        obj = frame.entity(ref) or obj
        if derived_only and attribute.name in obj.attributes:
            continue
        if isinstance(attribute, Relationship):
            if isinstance(state_of(frame, obj, attribute), Unloaded) and plans.is_loaded(
                graph, plan, obj.entity, attribute
            ):
                view = replace(obj, base=Base.QUERIED, plan=plan)
                value = related(frame, ref, view, attribute)
                obj = frame.entity(ref) or obj
                frame.put(ref, replace(obj, attributes={**obj.attributes, attribute.name: Loaded(value)}))
        elif isinstance(attribute, Column):
            state = state_of(frame, obj, attribute)
            if isinstance(state, Unloaded) and plans.column_state(graph, plan, obj.entity, attribute) is None:
                value = frame.unknown("column")
                frame.put(ref, replace(obj, attributes={**obj.attributes, attribute.name: Loaded(value)}))
