"""Queries that do by hand what one of the project's safe queries does."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from detachlint.domain.facts import ManualQuery
from detachlint.domain.models import ModelGraph, Relationship
from detachlint.frameworks.sqlalchemy import plans
from detachlint.frameworks.sqlalchemy.helpers import Helper, Helpers, is_comparable, returning
from detachlint.frameworks.sqlalchemy.written import names_entity
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Plan
from detachlint.interpret.values import NONE, Const, MappedAttribute, Statement, Unknown, Value


@dataclass(frozen=True, slots=True)
class Candidate:
    """A query that asks for the rows of a helper, if it fetches them in the helper's way."""

    fact: ManualQuery
    many: bool
    optional: bool


def observe(frame: Frame, statement: Statement, plan: Plan) -> Candidate | None:
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
    if not is_comparable(statement) or _is_test(frame.module.name):
        return None
    return _match(frame, statement, plan)


def _is_test(module: str) -> bool:
    """A test looks past the helpers on purpose."""
    return any(part in ("tests", "conftest") or part.startswith("test_") for part in module.split("."))


def _match(frame: Frame, statement: Statement, plan: Plan) -> Candidate | None:
    graph = frame.machine.graph
    entity = statement.items[0].entity
    criteria = _criteria(statement)
    by_key = {a.name for a, _ in statement.where} == set(graph.entities[entity].primary_key)
    for helper in returning(frame.machine, entity):
        if not _same_criteria(helper, criteria) or not _covers(graph, helper.plan, plan, entity):
            continue
        if not names_entity(frame.machine, statement.site, entity):
            return None
        ordered = helper.order == statement.order and all(
            isinstance(o, MappedAttribute) for o in helper.order
        )
        fact = ManualQuery(statement.site, entity, helper.function.qualname, helper.call, by_key or ordered)
        return Candidate(fact, helper.many, helper.optional)
    return None


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
        if directive.strategy not in plans.LOADS and directive.strategy != "path":
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


def fetched(frame: Frame, candidate: Hashable | None, *, many: bool, optional: bool, scalar: bool) -> None:
    """The rows of a candidate are taken: all of them or one, as objects or as rows."""
    if not isinstance(candidate, Candidate) or many != candidate.many:
        return
    certain = candidate.fact.certain and scalar and (many or optional == candidate.optional)
    fact = candidate.fact
    frame.emit(ManualQuery(fact.site, fact.entity, fact.helper, fact.call, certain))
