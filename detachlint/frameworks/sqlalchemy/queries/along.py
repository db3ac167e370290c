"""The entities that a query loads along with its own, and the collections that it joins."""

from __future__ import annotations

from detachlint.domain.models import Direction, Lazy, ModelGraph
from detachlint.frameworks.sqlalchemy.queries.plans import MAX_DEPTH, child_plan, is_loaded, strategy
from detachlint.interpret.heap import Plan


def eager_targets(
    graph: ModelGraph, plan: Plan, entity: str, *, chosen: bool = True, depth: int = 0
) -> set[str]:
    """Entities that a query with this plan brings into the session in numbers, the root included: those at
    the end of a way of which the last hop is to one object are too few for all that another many-to-one of
    many objects refers to.

    Args:
        chosen: collections over an association table count too. They hold some rows of the many that others
            may refer to; a one-to-many collection holds all that belong to one object.
    """
    found = set() if plan.to_one else {entity}
    known = graph.entities.get(entity)
    if known is None or depth > MAX_DEPTH:
        return found
    for attribute in known.relationships:
        if attribute.direction is Direction.MANY_TO_MANY and not chosen:
            continue
        if attribute.target is not None and is_loaded(graph, plan, entity, attribute):
            below = child_plan(graph, plan, entity, attribute)
            found |= eager_targets(graph, below, attribute.target, chosen=chosen, depth=depth + 1)
    return found


def several_targets(graph: ModelGraph, plan: Plan, entity: str, *, many: bool, depth: int = 0) -> set[str]:
    """Entities that a query loads along with its own, where a to-many relationship is on the way or the query
    returns many objects.
    """
    found: set[str] = set()
    known = graph.entities.get(entity)
    for attribute in known.relationships if known is not None and depth <= MAX_DEPTH else ():
        if attribute.target is not None and is_loaded(graph, plan, entity, attribute):
            several = many or attribute.uselist
            below = child_plan(graph, plan, entity, attribute)
            found |= {attribute.target} if several else set()
            found |= several_targets(graph, below, attribute.target, many=several, depth=depth + 1)
    return found


def joined_collection(graph: ModelGraph, plan: Plan, entity: str, depth: int = 0) -> tuple[str, str] | None:
    """A collection that is loaded by a JOIN, so that rows repeat: (entity, attribute)."""
    known = graph.entities.get(entity)
    if known is None or depth > MAX_DEPTH:
        return None
    for attribute in known.relationships:
        if strategy(graph, plan, entity, attribute).lazy is not Lazy.JOINED:
            continue
        if attribute.uselist:  # even where a cycle keeps it from being loaded
            return entity, attribute.name
        if attribute.target is not None and is_loaded(graph, plan, entity, attribute):
            below = joined_collection(
                graph, child_plan(graph, plan, entity, attribute), attribute.target, depth + 1
            )
            if below is not None:
                return below
    return None
