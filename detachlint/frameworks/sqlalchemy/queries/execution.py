"""Running a statement: which objects come out of it, and what it does to those that are in the session
already.
"""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import Cause, Event, FetchWithoutUnique, Step
from detachlint.domain.models import ServerValue
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.identity.identity_map import keys_of
from detachlint.frameworks.sqlalchemy.instances.attributes import MAY_BE_SAME, note
from detachlint.frameworks.sqlalchemy.observers import manual_queries
from detachlint.frameworks.sqlalchemy.queries import along, conflicts, misplaced, plans
from detachlint.frameworks.sqlalchemy.queries.obtaining import asks_for_held, constants, obtain
from detachlint.frameworks.sqlalchemy.sessions import flush, objects
from detachlint.frameworks.sqlalchemy.sessions.objects import step_here
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Perhaps, Plan, Unloaded
from detachlint.interpret.values import Directive, Item, Ref, Result, Statement, Value


def run(frame: Frame, session: Value | None, statement: Statement, site: Site) -> Result:
    """Execute: the rows, not fetched yet."""
    address = session.address if isinstance(session, Ref) else None
    live = frame.session(address)
    if live is not None and address is not None:
        if live.autoflush:
            flush.flush(frame, address, site)
        objects.touch(frame, address)
    if statement.kind in ("update", "delete", "insert") and statement.dml:
        _written(frame, address, statement, site)
    is_held = asks_for_held(frame, address, statement)
    misplaced.check(frame, statement, site)
    conflicts.check(frame, statement.options, site, statement.site)
    remark = (
        manual_queries.observe(frame, address, statement, plan_of(frame, statement, statement.items[0]))
        if statement.items
        else None
    )
    rows = tuple(
        _row_value(frame, address, statement, item, index, site) for index, item in enumerate(statement.items)
    )
    names = tuple(item.label or item.entity.rpartition(".")[2] for item in statement.items)
    duplicates = _duplicates(frame, statement)
    return Result(
        rows,
        names,
        "row",
        statement.site,
        session,
        duplicates,
        lone=is_held,
        remark=remark,
    )


def _duplicates(frame: Frame, statement: Statement) -> tuple[str, str] | None:
    """Whether rows repeat because a collection is joined, so that ``unique()`` is needed.

    Source: orm/queryguide/relationships.html#joined-eager-loading.
    """
    if statement.kind != "select" or not statement.items:
        return None
    graph = frame.machine.graph
    for item in statement.items:
        if item.entity and not item.attribute:
            found = along.joined_collection(graph, plan_of(frame, statement, item), item.entity)
            if found is not None:
                return found
    return None


def plan_of(frame: Frame, statement: Statement, item: Item) -> Plan:
    """The load plan of one selected entity."""
    directives: list[Directive] = []
    graph = frame.machine.graph
    given = statement.given or statement.kind in ("insert", "update", "delete")
    for directive in statement.options:
        if given and directive.strategy == "joined" and len(directive.path) == 1:
            continue  # without an error, and without effect
        hop = directive.path[0]
        if plans.is_everywhere(directive) or (
            hop.alias == item.alias and plans.matches(graph, hop, item.entity)
        ):
            directives.append(directive)
    filtered = statement.filtered or statement.limited
    plan = plans.root_plan(graph, tuple(directives), item.entity, item.polymorphic, filtered=filtered)
    beside = frozenset(i.entity for i in statement.items if i is not item and i.entity and not i.attribute)
    return replace(plan, beside=beside) if beside else plan


def _row_value(
    frame: Frame, session: int | None, statement: Statement, item: Item, index: int, site: Site
) -> Value:
    if not item.entity:
        return frame.unknown("selected expression")
    if item.attribute:
        return frame.unknown("selected column")
    plan = plan_of(frame, statement, item)
    return obtain(frame, session, statement, item, plan, single=False, executed=site)


def _written(frame: Frame, session: int | None, statement: Statement, site: Site) -> None:
    """A bulk UPDATE expires what the server computes, unless it is told to leave the session's objects alone.

    Source: orm/queryguide/dml.html.
    """
    if session is None or statement.kind != "update" or not statement.synchronised:
        return
    graph = frame.machine.graph
    key = graph.entities[statement.dml].primary_key if statement.dml in graph.entities else ()
    wanted = {a.name: constants(frame, v) for a, v in statement.where}
    rows = keys_of(wanted.get(key[0])) if len(key) == 1 else frozenset()
    for address, obj in objects.each_of(frame, session):
        if not graph.is_a(obj.entity, statement.dml):
            continue
        mine = keys_of(obj.identity)
        if rows and mine and not rows & mine:
            continue
        certain = not obj.many and (not statement.filtered or (rows and mine <= rows and mine))
        attributes = dict(obj.attributes)
        for column in graph.entities[obj.entity].columns:
            is_computed = column.onupdate is ServerValue.SQL or column.server_onupdate
            if is_computed or column.name in statement.computed:
                attributes[column.name] = Unloaded(Cause.SERVER_VALUE) if certain else Perhaps(MAY_BE_SAME)
        if attributes != obj.attributes:
            step = step_here(frame, address, Step(site, "updated in bulk here", Event.FLUSHED))
            frame.put(address, note(replace(obj, attributes=attributes), step))


def check_unique(frame: Frame, result: Result, site: Site) -> None:
    """Rows of a joined collection are fetched without ``unique()``: InvalidRequestError."""
    if result.duplicates is not None:
        entity, attribute = result.duplicates
        frame.emit(FetchWithoutUnique(site, entity, attribute, result.site))
