"""Which strategy a read of an unloaded relationship finds."""

from __future__ import annotations

from detachlint.domain.facts import Cause
from detachlint.domain.models import Column, Lazy, Relationship
from detachlint.frameworks.sqlalchemy.instances.attributes import state_of
from detachlint.frameworks.sqlalchemy.queries import plans
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import AttributeState, Base, EntityObject, Plan, Unloaded


def lazy_in_force(frame: Frame, obj: EntityObject, attribute: Relationship) -> Lazy:
    """The strategy that a read of the unloaded relationship finds."""
    if obj.attributes.get(attribute.name) == Unloaded(Cause.RAISE):
        return Lazy.RAISE  # an option of a later query has put it on the instance
    graph = frame.machine.graph
    plan = obj.plan if obj.base is Base.QUERIED else Plan()
    lazy = plans.strategy(graph, plan, obj.entity, attribute).lazy
    if obj.expired is not None:
        lazy = attribute.lazy  # what an option had put on the instance went when it was expired
        if lazy is Lazy.RAISE_ON_SQL and plans.is_loaded(
            graph, plans.anew(plan, obj.entity), obj.entity, attribute
        ):
            return Lazy.SELECT  # its row is read again first, and the options of its query load it then
    if lazy.is_eager:  # an eager option says how the query loads; a read finds the strategy of the mapping
        lazy = attribute.lazy if not attribute.lazy.is_eager else Lazy.SELECT
    return lazy


def key_states(frame: Frame, obj: EntityObject, attribute: Column | Relationship) -> list[AttributeState]:
    """The foreign keys with which the identity map is asked."""
    if not isinstance(attribute, Relationship):
        return []
    attributes = frame.machine.graph.entities[obj.entity].attributes
    columns = [attributes.get(name) for name in attribute.get_from]
    return [state_of(frame, obj, column) for column in columns if isinstance(column, Column)]
