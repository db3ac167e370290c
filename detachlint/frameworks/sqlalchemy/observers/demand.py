"""Which relationships the program reads of the objects of each query. Collected only when somebody asks for
it: the objects then carry their query and the way from it, which tells more contexts apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from detachlint.domain.demand import Criterion, QueryDemand
from detachlint.domain.models import Column, Entity, Relationship
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.observers.helpers import is_comparable
from detachlint.frameworks.sqlalchemy.observers.usage import Usage
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import EntityObject, Plan
from detachlint.interpret.machine import Machine
from detachlint.interpret.values import NONE, Item, MappedAttribute, Result, Statement, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External

MAX_HOPS = 6
_KINDS = ("select", "query")
_LIBRARY_TYPES = {
    "datetime": "datetime.datetime",
    "date": "datetime.date",
    "time": "datetime.time",
    "timedelta": "datetime.timedelta",
    "Decimal": "decimal.Decimal",
    "UUID": "uuid.UUID",
}
_BUILTIN_TYPES = frozenset({"int", "str", "bool", "float", "bytes"})


class Query(Struct, frozen=True):
    """A query for one entity; queries of one place that differ in what they ask for are different ones."""

    site: Site
    entity: str
    criteria: tuple[Criterion, ...] | None
    order: tuple[str, ...]
    limited: bool
    is_async: bool | None


class Way(Struct, frozen=True):
    """How an object was reached: from which query, over which relationships."""

    query: Query
    hops: tuple[str, ...] = ()

    def on(self, name: str) -> Way | None:
        """One relationship further; None where nobody would load that much."""
        return Way(self.query, (*self.hops, name)) if len(self.hops) < MAX_HOPS else None


@dataclass(slots=True)
class Demand:
    """What has been read.

    Args:
        reads: the queries, each with the attributes read of its objects, as ways from them.
        fetched: query -> whether one object was taken from it (True), or all (False).
        found: the outcome, once the program has run.
    """

    reads: dict[Query, set[tuple[str, ...]]] = field(default_factory=dict)
    fetched: dict[Query, set[bool]] = field(default_factory=dict)
    found: tuple[QueryDemand, ...] = ()

    @classmethod
    def of(cls, machine: Machine) -> Demand | None:
        """The collection of the run, or None where nobody asked for it."""
        found = machine.notes.get(cls)
        return found if isinstance(found, Demand) else None


def watch(
    frame: Frame, session: int | None, statement: Statement, item: Item, plan: Plan, *, single: bool
) -> Plan:
    """The plan of a query's objects; where demand is collected, they will tell where they come from."""
    demand = Demand.of(frame.machine)
    if demand is None or statement.kind not in _KINDS or is_test(frame.machine, statement.site.path):
        return plan
    live = frame.session(session)
    entity = frame.machine.graph.entities[item.entity]
    order = tuple(
        o.name for o in statement.order if isinstance(o, MappedAttribute) and o.entity == item.entity
    )
    criteria = _criteria(frame.machine, statement, entity) if len(order) == len(statement.order) else None
    query = Query(
        statement.site,
        item.entity,
        criteria,
        order,
        statement.limited,
        live.is_async if live is not None else None,
    )
    demand.reads.setdefault(query, set())
    if single:
        demand.fetched.setdefault(query, set()).add(True)
    return replace(plan, way=Way(query))


def _criteria(machine: Machine, statement: Statement, entity: Entity) -> tuple[Criterion, ...] | None:
    """The conditions, where they are all that decides which rows come and each compares a column."""
    if not is_comparable(replace(statement, limited=False)):
        return None
    found: dict[str, Criterion] = {}
    for attribute, value in statement.where:
        for name in (attribute.name,) if attribute.name else entity.primary_key:
            column = entity.attributes.get(name)
            if not isinstance(column, Column) or name in found:
                return None
            found[name] = Criterion(name, _type(machine, entity, column), value == NONE)
    return tuple(found[name] for name in entity.attributes if name in found)


def _type(machine: Machine, entity: Entity, column: Column) -> str:
    """The dotted name of the type of a column's values, or "" where it isn't known."""
    name = column.python_type or ""
    if name in _BUILTIN_TYPES:
        return name
    if name in _LIBRARY_TYPES:
        return _LIBRARY_TYPES[name]
    module = machine.program.by_path.get(column.site.path)
    symbol = machine.program.resolve(module, ir.Name(0, name)) if module is not None and name else None
    match symbol:
        case ClassInfo() if symbol.qualname == f"{symbol.module.name}.{symbol.name}":
            return symbol.qualname
        case External() if "." in symbol.dotted:
            return symbol.dotted
        case _:
            return ""


def fetch_one(frame: Frame, result: Result) -> None:
    """One row was taken from a result."""
    _fetch(frame, result.rows, single=True)


def fetch_all(frame: Frame, result: Result) -> None:
    """All rows were taken from a result."""
    _fetch(frame, result.rows, single=False)


def _fetch(frame: Frame, rows: tuple[Value, ...], *, single: bool) -> None:
    demand = Demand.of(frame.machine)
    for row in rows if demand is not None else ():
        obj = frame.entity(row)
        if demand is not None and obj is not None and isinstance(obj.plan.way, Way) and not obj.plan.way.hops:
            demand.fetched.setdefault(obj.plan.way.query, set()).add(single)


def read(frame: Frame, obj: EntityObject, attribute: Column | Relationship) -> None:
    """A relationship or deferred column is read of an object."""
    way = obj.plan.way
    if not isinstance(way, Way) or attribute.name in obj.in_map or is_test(frame.machine, frame.module.path):
        return
    if isinstance(attribute, Column) and not attribute.deferred:
        return
    demand = Demand.of(frame.machine)
    if demand is not None:
        demand.reads.setdefault(way.query, set()).add((*way.hops, attribute.name))


def is_test(machine: Machine, path: str) -> bool:
    """Whether a file is a test, whose reads are nobody's demand."""
    module = machine.program.by_path.get(path)
    parts = module.name.split(".") if module is not None else []
    return any(part in ("tests", "conftest") or part.startswith("test_") for part in parts)


def conclude(machine: Machine) -> None:
    """Put together what was collected."""
    demand = Demand.of(machine)
    if demand is not None:
        demand.found = tuple(_demand(machine, demand, query) for query in sorted(demand.reads, key=_sort_key))


def _sort_key(query: Query) -> tuple[Site, str, str]:
    return query.site, query.entity, repr(query)


def _demand(machine: Machine, demand: Demand, query: Query) -> QueryDemand:
    return QueryDemand(
        query.site,
        query.entity,
        query.criteria,
        query.order,
        many=demand.fetched.get(query) != {True},
        limited=query.limited,
        is_async=Usage.of(machine).is_async if query.is_async is None else query.is_async,
        ways=tuple(sorted(demand.reads[query])),
    )
