"""From the queries of a program to the functions that it needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from detachlint.domain.demand import Criterion, QueryDemand
from detachlint.domain.models import ModelGraph

_Ways = frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class SafeQuery:
    """A function to write.

    Args:
        criteria: what the rows are chosen by; None for one that gives options for what is not that simple.
    """

    entity: str
    criteria: tuple[Criterion, ...] | None
    ways: _Ways
    order: tuple[str, ...] = ()
    many: bool = True
    limited: bool = False
    is_async: bool = True


def catalogue(graph: ModelGraph, demands: Iterable[QueryDemand]) -> tuple[SafeQuery, ...]:
    """One function for each kind of query of which more is read than its own row."""
    found: dict[object, SafeQuery] = {}
    for demand in demands:
        query = _query(graph, demand)
        if query is None:
            continue
        key = replace(query, ways=frozenset(), limited=False)
        known = found.get(key, query)
        found[key] = replace(query, ways=known.ways | query.ways, limited=known.limited or query.limited)
    merged = _without_order(tuple(found.values()))
    return tuple(sorted((q for q in merged if q.ways), key=_sort_key))


def _query(graph: ModelGraph, demand: QueryDemand) -> SafeQuery | None:
    entity = graph.entities.get(demand.entity)
    if entity is None or entity.qualname != f"{entity.module}.{entity.name}":
        return None  # nobody can import a class of a function
    ways = frozenset(demand.ways)
    if demand.criteria is None:
        return SafeQuery(entity.qualname, None, ways)
    by_key = {c.attribute for c in demand.criteria if not c.is_none} >= set(entity.primary_key)
    if by_key or not demand.many:
        return SafeQuery(entity.qualname, demand.criteria, ways, many=False, is_async=demand.is_async)
    return SafeQuery(
        entity.qualname,
        demand.criteria,
        ways,
        demand.order,
        limited=demand.limited,
        is_async=demand.is_async,
    )


def _without_order(queries: tuple[SafeQuery, ...]) -> tuple[SafeQuery, ...]:
    """Who asks for no order is served by the function that gives one, if there is one only."""
    out = list(queries)
    for query in queries:
        ordered = [
            q
            for q in out
            if q.order and replace(q, order=(), ways=query.ways, limited=query.limited) == query
        ]
        if query.order or not query.many or len(ordered) != 1:
            continue
        other = ordered[0]
        out.remove(query)
        out[out.index(other)] = replace(
            other, ways=other.ways | query.ways, limited=other.limited or query.limited
        )
    return tuple(out)


def _sort_key(query: SafeQuery) -> tuple[object, ...]:
    """Options first, then one object, then many; the asynchronous before the others."""
    criteria = query.criteria or ()
    return (query.entity, query.criteria is not None, query.many, criteria, query.order, not query.is_async)
