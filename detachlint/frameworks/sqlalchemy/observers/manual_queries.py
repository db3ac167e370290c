"""Queries that do by hand what one of the project's safe queries does."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from msgspec import Struct

from detachlint.domain.facts import Agreement, ManualQuery
from detachlint.domain.models import ModelGraph, Relationship
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.observers.demand import is_test
from detachlint.frameworks.sqlalchemy.observers.helpers import Helper, Helpers, is_comparable, returning
from detachlint.frameworks.sqlalchemy.observers.written import names_entity
from detachlint.frameworks.sqlalchemy.queries import plans
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Plan
from detachlint.interpret.values import NONE, Const, MappedAttribute, Statement, Unknown, Value

# What only loads more, and changes neither which rows come nor what is refused.
_LOADS = (plans.LOADS - {"contains_eager"}) | {"path"}
# Ways to take one row that do the same without a row and with several.
_FETCHES = (
    frozenset({"first", "scalar", "fetchone"}),
    frozenset({"one_or_none", "scalar_one_or_none"}),
    frozenset({"one", "scalar_one"}),
)


class Candidate(Struct, frozen=True):
    """A query that asks for the rows of a helper, if it fetches them in the helper's way.

    Args:
        site: the query.
        by_key: it asks for one row by its primary key.
        order: None when the order is another one than the helper's, else whether both have it.
        same_session: both are asynchronous, or neither is.
    """

    site: Site
    helper: Helper
    by_key: bool
    order: bool | None
    same_session: bool


def observe(frame: Frame, session: int | None, statement: Statement, plan: Plan) -> Candidate | None:
    """A statement is executed: part of a helper that is being read, or perhaps the same as one."""
    helpers = Helpers.of(frame.machine)
    if not helpers.functions:
        return None
    if helpers.observed is not None:
        if frame.function is not None and frame.function.module.path in helpers.paths:
            helpers.observed.append((statement, plan))
        return None
    if frame.module.path in helpers.paths or statement.site.path in helpers.paths:
        return None
    if not is_comparable(statement) or is_test(frame.machine, frame.module.path):
        return None
    return _match(frame, session, statement, plan)


def _match(frame: Frame, session: int | None, statement: Statement, plan: Plan) -> Candidate | None:
    graph = frame.machine.graph
    entity = statement.items[0].entity
    criteria = _criteria(statement)
    by_key = {a.name for a, _ in statement.where} == set(graph.entities[entity].primary_key)
    live = frame.session(session)
    found: list[Candidate] = []
    for helper in returning(frame.machine, entity):
        if _same_criteria(helper, criteria) and _covers(graph, helper.plan, plan, entity):
            order = _order(helper, statement)
            same = live is not None and live.is_async == helper.function.node.is_async
            found.append(Candidate(statement.site, helper, by_key, order, same))
    if not found or not names_entity(frame.machine, statement.site, entity):
        return None
    return min(found, key=_distance)


def _distance(candidate: Candidate) -> tuple[bool, bool, int, str]:
    """The helper that is most like the query, and loads least besides, is the one to call."""
    helper = candidate.helper
    return (
        not candidate.same_session,
        candidate.order is not True,
        len(helper.plan.directives),
        helper.function.qualname,
    )


def _order(helper: Helper, statement: Statement) -> bool | None:
    if not all(isinstance(o, MappedAttribute) for o in (*helper.order, *statement.order)):
        return None
    if helper.order == statement.order:
        return True
    return None if statement.order else False


def _criteria(statement: Statement) -> dict[str, Value] | None:
    found = {attribute.name: value for attribute, value in statement.where}
    return found if len(found) == len(statement.where) else None


def _same_criteria(helper: Helper, criteria: Mapping[str, Value] | None) -> bool:
    if criteria is None or set(criteria) != {name for name, _ in helper.criteria}:
        return False
    for name, wanted in helper.criteria:
        value = criteria[name]
        if wanted is not None and value != wanted:
            return False
        if wanted is None and not (
            isinstance(value, Unknown) or (isinstance(value, Const) and value != NONE)
        ):
            return False
    return True


def _covers(graph: ModelGraph, helper: Plan, query: Plan, entity: str) -> bool:
    """Whether the helper loads all that the query loads, which asks for nothing else."""
    for directive in query.directives:
        if directive.strategy not in _LOADS:
            return False
        plan, current = helper, entity
        for hop in directive.path:
            attribute = graph.entities[current].attributes.get(hop.name)
            if not isinstance(attribute, Relationship) or attribute.target is None or hop.of_type:
                return False
            if not plans.is_loaded(graph, plan, current, attribute):
                return False
            plan, current = plans.child_plan(graph, plan, current, attribute), attribute.target
    return True


def fetched(
    frame: Frame, candidate: Hashable | None, name: str, site: Site, *, many: bool, scalar: bool
) -> None:
    """The rows of a candidate are taken: all of them or one, as objects or as rows.

    Args:
        name: the method that does it.
        site: where.
    """
    helpers = Helpers.of(frame.machine)
    if helpers.observed is not None:
        helpers.fetches.add(name)
    if not isinstance(candidate, Candidate) or many != candidate.helper.many:
        return
    helper = candidate.helper
    fact = ManualQuery(
        candidate.site,
        helper.entity,
        helper.function.qualname,
        helper.call,
        _agreement(candidate, name, scalar=scalar),
        site,
        helper.session,
        helper.parameters,
    )
    frame.emit(fact)


def _agreement(candidate: Candidate, name: str, *, scalar: bool) -> Agreement:
    helper = candidate.helper
    if not scalar or not helper.is_list or not candidate.same_session:
        return Agreement.DOUBTFUL
    if not helper.many:
        same = any({name, helper.fetch} <= alike for alike in _FETCHES)
        optional = name not in _FETCHES[2] and name != "get_one"
        if not (same or (candidate.by_key and optional == helper.optional)):
            return Agreement.DOUBTFUL
        if candidate.by_key:
            return Agreement.SAME
    if candidate.order is None:
        return Agreement.DOUBTFUL
    return Agreement.SAME if candidate.order else Agreement.REFINED
