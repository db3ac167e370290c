"""Which columns a query loads. Source: orm/queryguide/columns.html."""

from __future__ import annotations

from detachlint.domain.facts import Cause
from detachlint.domain.models import Column, ModelGraph
from detachlint.frameworks.sqlalchemy.queries.plans import LEAVES_OUT, is_everywhere, matches
from detachlint.interpret.heap import Plan
from detachlint.interpret.values import Hop


def column_state(graph: ModelGraph, plan: Plan, entity: str, column: Column) -> Cause | None:
    """None when the query loads the column, else why it does not.

    An option that names the column holds before one for all columns of the place (``load_only`` is one, for
    the columns that it does not name), and that one before ``undefer("*")`` for the whole query.
    """
    if column.primary_key:
        return None
    named: str | None = None
    here: str | None = None
    everywhere: str | None = None
    for directive in plan.directives:
        if len(directive.path) != 1:
            continue
        hop = directive.path[0]
        if hop.name or not matches(graph, hop, entity):
            continue
        strategy = directive.strategy
        if strategy in LEAVES_OUT or strategy == "undefer":
            if column.name in directive.names:
                named = "undefer" if strategy == "load_only" else strategy
            elif strategy == "load_only":
                here = here if _comes_apart(graph, plan, hop, entity, column) else "defer"
            elif "*" in directive.names and is_everywhere(directive):
                everywhere = strategy
            elif "*" in directive.names:
                here = strategy
        elif strategy == "undefer_group" and column.deferred_group in directive.names:
            named = "undefer"
    match named or here or everywhere:
        case "undefer":
            return None
        case "defer":
            return Cause.DEFERRED
        case "defer_raise":
            return Cause.RAISE
        case _:
            deferred = Cause.RAISE if column.deferred_raiseload else Cause.DEFERRED
            return deferred if column.deferred else None


def _comes_apart(graph: ModelGraph, plan: Plan, hop: Hop, entity: str, column: Column) -> bool:
    """Whether the column is one of a subclass of what is queried, which options for the base do not mean:
    those for a ``with_polymorphic`` do, unless a SELECT of its own loads it.
    """
    queried = plan.path[-1] if plan.path else entity
    if (
        queried == entity
        or queried not in graph.entities
        or column.name in graph.entities[queried].attributes
    ):
        return False
    if not hop.alias:
        return True
    below = [each for each in graph.lineage(entity) if each != queried and graph.is_a(each, queried)]
    named = {name for d in plan.directives if d.strategy == "polymorphic" for name in d.names}
    return any(graph.entities[each].polymorphic_load == "selectin" or each in named for each in below)
