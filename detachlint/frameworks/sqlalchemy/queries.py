"""Running a statement: which objects come out of it, and what it does to those that are in the session
already.
"""

from __future__ import annotations

from dataclasses import replace

from detachlint.domain.facts import Cause, FetchWithoutUnique, Step, StrategyMisuse
from detachlint.domain.models import Column, ModelGraph, Relationship, ServerValue
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy import lifecycle, manual_queries, misplaced, plans
from detachlint.frameworks.sqlalchemy.instances import (
    MAY_BE_SAME,
    brought_along,
    related,
    restore_columns,
    state_of,
)
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Base, EntityObject, Life, Loaded, Perhaps, Plan, SessionObject, Unloaded
from detachlint.interpret.values import (
    Const,
    Directive,
    Item,
    MappedAttribute,
    Ref,
    Result,
    Statement,
    Tuple,
    Unknown,
    Value,
)


def run(frame: Frame, session: Value | None, statement: Statement, site: Site) -> Result:
    """Execute: the rows, not fetched yet."""
    address = session.address if isinstance(session, Ref) else None
    live = frame.session(address)
    if live is not None and address is not None:
        if live.autoflush:
            lifecycle.flush(frame, address, site)
        lifecycle.touch(frame, address)
    if statement.kind in ("update", "delete", "insert") and statement.dml:
        _written(frame, address, statement)
    misplaced.check(frame, statement, site)
    remark = (
        manual_queries.observe(frame, statement, plan_of(frame, statement, statement.items[0]))
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
        live.is_async if live is not None else False,
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
            found = plans.joined_collection(graph, plan_of(frame, statement, item), item.entity)
            if found is not None:
                return found
    return None


def plan_of(frame: Frame, statement: Statement, item: Item) -> Plan:
    """The load plan of one selected entity."""
    directives: list[Directive] = []
    graph = frame.machine.graph
    for directive in statement.options:
        hop = directive.path[0]
        if (hop.name == "*" and not hop.entity) or (
            hop.alias == item.alias and plans.matches(graph, hop, item.entity)
        ):
            directives.append(directive)
    filtered = statement.filtered or statement.limited
    return plans.root_plan(graph, tuple(directives), item.entity, item.polymorphic, filtered=filtered)


def _row_value(
    frame: Frame, session: int | None, statement: Statement, item: Item, index: int, site: Site
) -> Value:
    if not item.entity:
        return frame.unknown("selected expression")
    if item.attribute:
        return frame.unknown("selected column")
    plan = plan_of(frame, statement, item)
    return obtain(frame, session, statement, item, plan, single=False)


def obtain(
    frame: Frame,
    session: int | None,
    statement: Statement,
    item: Item,
    plan: Plan,
    *,
    single: bool,
) -> Ref:
    """An entity that a query returns: one that is in the session already where that is certain, else a new
    one.
    """
    equal = {a.name: v for a, v in statement.where if a.entity and _about(frame, a, item)}
    graph = frame.machine.graph
    entity = graph.entities[item.entity]
    key = entity.primary_key
    identity = _constants(frame, equal.get(key[0])) if len(key) == 1 else None
    if not _is_identity(identity) and not isinstance(identity, Tuple):
        identity = None
    known = _in_session(frame, session, item.entity, identity)
    if known is not None:
        fill(frame, known, plan, statement)
        return known
    attributes = {
        name: Loaded(value)
        for name, value in equal.items()
        if isinstance(entity.attributes.get(name), Column) and _is_identity(value)
    }
    name = entity.name
    fresh = EntityObject(
        item.entity,
        Base.QUERIED,
        Life.PERSISTENT if session is not None else Life.UNKNOWN,
        session,
        plan,
        attributes,
        many=not single,
        identity=identity,
        every=not single
        and not statement.filtered
        and not statement.limited
        and statement.kind in ("select", "query"),
        history=(Step(statement.site, f"`{name}` is queried here"),),
    )
    _reach_again(frame, session, item.entity, plan, statement)
    if statement.populate_existing and item.entity in _all_targets(graph, plan, item.entity, 0):
        fresh = replace(fresh, attributes={**fresh.attributes, **_uncertain(graph, item.entity)})
    fresh, _ = _meet_session(frame, session, fresh, plan, populate=statement.populate_existing)
    return frame.new(fresh)


def _constants(frame: Frame, value: Value | None) -> Value | None:
    """A list of constant keys as a tuple; anything else as it is."""
    sequence = frame.sequence(value)
    if sequence is not None and sequence.rest is None:
        value = Tuple(sequence.items)
    if isinstance(value, Tuple) and not all(isinstance(i, Const) for i in value.items):
        return None
    return value


def _reach_again(frame: Frame, session: int | None, entity: str, plan: Plan, statement: Statement) -> None:
    """What the query loads along may be objects that the session holds: expired ones may be restored by it,
    and ``populate_existing`` takes from all of them what it doesn't load itself.
    """
    if session is None:
        return
    graph = frame.machine.graph
    reached = _all_targets(graph, plan, entity, 0)
    for address, obj in lifecycle.each_of(frame, session):
        if obj.life is not Life.PERSISTENT or not any(graph.is_a(obj.entity, r) for r in reached):
            continue
        if obj.entity == entity and obj.expired is None and not statement.populate_existing:
            continue
        if obj.expired is not None or statement.populate_existing:
            attributes = {**obj.attributes, **_uncertain(graph, obj.entity)}
            frame.put(address, replace(obj, expired=None, attributes=attributes))


def _uncertain(graph: ModelGraph, entity: str) -> dict[str, Perhaps]:
    attributes = graph.entities[entity].attributes.values()
    return {a.name: Perhaps(MAY_BE_SAME) for a in attributes if isinstance(a, (Column, Relationship))}


def _all_targets(graph: ModelGraph, plan: Plan, entity: str, depth: int) -> set[str]:
    """Every entity that the query loads objects of, its own left out where nothing leads back to it."""
    found: set[str] = {entity} if depth else set()
    known = graph.entities.get(entity)
    if known is None or depth > 3:
        return found
    for attribute in known.relationships:
        if attribute.target is not None and plans.is_loaded(graph, plan, entity, attribute):
            below = plans.child_plan(graph, plan, entity, attribute)
            found |= _all_targets(graph, below, attribute.target, depth + 1)
    return found


def _about(frame: Frame, attribute: MappedAttribute, item: Item) -> bool:
    return attribute.alias == item.alias and frame.machine.graph.is_a(item.entity, attribute.entity)


def _is_identity(value: Value | None) -> bool:
    return (isinstance(value, Const) and value.value is not None) or (
        isinstance(value, Unknown) and value.symbol != 0
    )


def _in_session(frame: Frame, session: int | None, entity: str, identity: Value | None) -> Ref | None:
    """The object of that identity which the session holds."""
    if session is None or identity is None:
        return None
    graph = frame.machine.graph
    for address, obj in frame.entities():
        if (
            obj.session == session
            and (
                (obj.identity == identity and not obj.many)
                or obj.every
                or (obj.many and identity in keys_of(obj.identity))
            )
            and obj.life in (Life.PERSISTENT, Life.DELETED)
            and (graph.is_a(obj.entity, entity) or graph.is_a(entity, obj.entity))
        ):
            return Ref(address)
    return None


def fill(
    frame: Frame, ref: Ref, plan: Plan, statement: Statement | None, *, derived_only: bool = False
) -> None:
    """A query meets an object that is in the session: it loads what is unloaded and leaves what is loaded.

    ``populate_existing`` takes everything from the new query instead.

    Args:
        derived_only: the same query meets its own object again: what has happened to the object since stays.
    """
    obj = frame.entity(ref)
    if obj is None:
        return
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
    if statement is not None:
        current = frame.entity(ref)
        if current is not None and not current.history:
            frame.put(
                ref, replace(current, history=(Step(statement.site, f"`{entity.name}` is queried here"),))
            )


def _meet_session(
    frame: Frame, session: int | None, fresh: EntityObject, plan: Plan, *, populate: bool
) -> tuple[EntityObject, bool]:
    """Objects of the same class are in the session, and the query may return one of them: what the one has
    and the other lacks is then uncertain, on both sides.
    """
    if session is None:
        return fresh, False
    graph = frame.machine.graph
    attributes = dict(fresh.attributes)
    met = False
    for address, obj in frame.entities():
        if obj.session != session or obj.life is not Life.PERSISTENT or not _may_be_same(frame, obj, fresh):
            continue
        met = True
        entity = graph.entities[obj.entity]
        changed = dict(obj.attributes)
        for attribute in entity.attributes.values():
            if not isinstance(attribute, (Relationship, Column)):
                continue
            mine = state_of(frame, fresh, attribute)
            theirs = state_of(frame, obj, attribute)
            if isinstance(mine, Loaded) and isinstance(theirs, Unloaded):
                changed[attribute.name] = Perhaps(MAY_BE_SAME)
            elif isinstance(mine, Unloaded) and isinstance(theirs, (Loaded, Perhaps)) and not populate:
                attributes[attribute.name] = Perhaps(MAY_BE_SAME)
        if changed != dict(obj.attributes):
            frame.put(address, replace(obj, attributes=changed))
    if not populate:
        for entity_name, name in nested_loads(frame, session):
            if graph.is_a(fresh.entity, entity_name) and name not in attributes:
                held = graph.entities[fresh.entity].attributes.get(name)
                if isinstance(held, Relationship) and isinstance(state_of(frame, fresh, held), Unloaded):
                    attributes[name] = Perhaps(MAY_BE_SAME)
    live = frame.session(session)
    if live is not None and live.classes and not populate:
        for attribute in graph.entities[fresh.entity].relationships:
            if _was_loaded(live, fresh, attribute.name) and isinstance(
                state_of(frame, fresh, attribute), Unloaded
            ):
                attributes.setdefault(attribute.name, Perhaps(MAY_BE_SAME))
    return replace(fresh, attributes=attributes), met


def _was_loaded(session: SessionObject, fresh: EntityObject, name: str) -> bool:
    """Whether an object that only callers see, and that may be this one, has the attribute loaded."""
    if f"{fresh.entity}.{name}" in session.classes:
        return True
    keys = keys_of(fresh.identity)
    if keys:
        return any(f"{fresh.entity}#{key}.{name}" in session.classes for key in keys)
    return any(c.startswith(f"{fresh.entity}#") and c.endswith(f".{name}") for c in session.classes)


def note_loaded(frame: Frame) -> dict[int, SessionObject]:
    """The sessions of this path, with what their objects are and have loaded, for calls that do not see
    them.
    """
    graph = frame.machine.graph
    found: dict[int, set[str]] = {}
    for _, obj in frame.entities():
        if obj.session is None or obj.life is not Life.PERSISTENT or obj.expired is not None:
            continue
        session = frame.session(obj.session)
        if session is None or not session.is_async:
            continue  # where lazy loading works nobody asks whether the identity map would have answered
        names = found.setdefault(obj.session, set())
        keys = [f"{obj.entity}#{k}" for k in sorted(keys_of(obj.identity), key=repr)] or [obj.entity]
        if not obj.plan.to_one:
            names.update(keys)
        if obj.base is Base.QUERIED:
            names |= brought_along(frame, obj)
        entity = graph.entities.get(obj.entity)
        for attribute in entity.relationships if entity is not None else ():
            if isinstance(state_of(frame, obj, attribute), Loaded):
                names.update(f"{key}.{attribute.name}" for key in keys)
    told: dict[int, SessionObject] = {}
    for address, names in found.items():
        session = frame.session(address)
        if session is not None and not names <= session.classes:
            told[address] = replace(session, classes=session.classes | names)
    return told


def meet(frame: Frame, address: int, again: EntityObject) -> None:
    """The object at ``address`` was loaded again by a call that did not see it: ``again`` is how the call
    left it.
    """
    ref = Ref(address)
    fill(frame, ref, again.plan, None)
    obj = frame.entity(ref)
    if obj is None:
        return
    if again.expired is not None:
        frame.put(ref, replace(obj, expired=again.expired, attributes=again.attributes))
        return
    attributes = dict(obj.attributes)
    entity = frame.machine.graph.entities[obj.entity]
    for name, state in again.attributes.items():
        held = entity.attributes.get(name)
        if isinstance(state, Loaded) and isinstance(held, (Column, Relationship)):
            if not isinstance(state_of(frame, obj, held), Loaded):
                attributes[name] = state
        elif isinstance(state, Unloaded):
            attributes[name] = state
    frame.put(ref, replace(obj, attributes=attributes, changed=obj.changed | again.changed))


def nested_loads(frame: Frame, session: int) -> set[tuple[str, str]]:
    """(entity, relationship) pairs that the queries of the session's objects have loaded further down: such
    objects are in the session though nothing has read them yet.
    """
    found: set[tuple[str, str]] = set()
    for _, obj in lifecycle.each_of(frame, session):
        if obj.base is Base.QUERIED and obj.life is Life.PERSISTENT and obj.plan.directives:
            key = ("nested", obj.plan, obj.entity)
            cache = frame.machine.nested_loads
            if key not in cache:
                cache[key] = plans.nested_loads(frame.machine.graph, obj.plan, obj.entity)
            found |= cache[key]
    return found


def _may_be_same(frame: Frame, obj: EntityObject, fresh: EntityObject) -> bool:
    graph = frame.machine.graph
    if not (graph.is_a(obj.entity, fresh.entity) or graph.is_a(fresh.entity, obj.entity)):
        return False
    mine, theirs = keys_of(obj.identity), keys_of(fresh.identity)
    return not mine or not theirs or bool(mine & theirs)


def keys_of(identity: Value | None) -> frozenset[Value]:
    """The constant keys that an object, or many, may have; empty when they are not known."""
    if isinstance(identity, Const):
        return frozenset({identity})
    return frozenset(identity.items) if isinstance(identity, Tuple) else frozenset()


def _written(frame: Frame, session: int | None, statement: Statement) -> None:
    """A bulk UPDATE with the default synchronisation expires what the server computes.

    Source: orm/queryguide/dml.html.
    """
    if session is None or statement.kind != "update":
        return
    graph = frame.machine.graph
    key = graph.entities[statement.dml].primary_key if statement.dml in graph.entities else ()
    wanted = {a.name: _constants(frame, v) for a, v in statement.where}
    rows = keys_of(wanted.get(key[0])) if len(key) == 1 else frozenset()
    for address, obj in lifecycle.each_of(frame, session):
        if not graph.is_a(obj.entity, statement.dml):
            continue
        mine = keys_of(obj.identity)
        if rows and mine and not rows & mine:
            continue
        certain = not obj.many and (not statement.filtered or (rows and mine <= rows and mine))
        attributes = dict(obj.attributes)
        for column in graph.entities[obj.entity].columns:
            if column.onupdate is ServerValue.SQL or column.server_onupdate:
                attributes[column.name] = Unloaded(Cause.SERVER_VALUE) if certain else Perhaps(MAY_BE_SAME)
        frame.put(address, replace(obj, attributes=attributes))


def get(
    frame: Frame,
    session: Value | None,
    entity: str,
    identity: Value | None,
    plan: Plan,
    site: Site,
    *,
    optional: bool = True,
    whole: bool = True,
) -> Ref:
    """``session.get(A, id)``: the object in the session, whatever was loaded on it, else a query.

    Args:
        optional: it answers None when there is no row.
        whole: nothing else was asked for, such as a lock.
    """
    address = session.address if isinstance(session, Ref) else None
    if address is not None:
        live = frame.session(address)
        if live is not None and live.autoflush:
            lifecycle.flush(frame, address, site)
        lifecycle.touch(frame, address)
    statement = Statement(
        "select",
        (Item(entity),),
        site,
        where=((MappedAttribute(entity, _key(frame, entity)), identity),) if identity is not None else (),
        whole=whole,
    )
    candidate = manual_queries.observe(frame, statement, plan)
    manual_queries.fetched(frame, candidate, many=False, optional=optional, scalar=True)
    known = _in_session(frame, address, entity, identity if _is_identity(identity) else None)
    if known is not None:
        obj = frame.entity(known)
        if obj is not None and obj.expired is not None:
            frame.put(known, restore_columns(frame, obj))
        elif obj is not None and whole:
            _check_ignored(frame, obj, plan, site)
        return known
    made = obtain(frame, address, statement, Item(entity), plan, single=True)
    return _options_may_be_ignored(frame, made, plan)


def _check_ignored(frame: Frame, obj: EntityObject, plan: Plan, site: Site) -> None:
    """``get`` finds the object in the session, with what an option asks for unloaded: the option does
    nothing.
    """
    entity = frame.machine.graph.entities[obj.entity]
    for directive in plan.directives:
        attribute = entity.attributes.get(directive.path[0].name)
        if isinstance(attribute, Relationship) and isinstance(state_of(frame, obj, attribute), Unloaded):
            misuse = StrategyMisuse(site, "option-without-effect", obj.entity, attribute.name, "get")
            frame.emit(misuse, obj.history)
            return


def _options_may_be_ignored(frame: Frame, made: Ref, plan: Plan) -> Ref:
    """If the session holds the object already, ``get`` answers with it and ignores the options."""
    obj = frame.entity(made)
    if obj is None or not plan.directives or obj.session is None:
        return made
    rivals = [
        other
        for address, other in frame.entities()
        if address != made.address
        and other.session == obj.session
        and other.life is Life.PERSISTENT
        and _may_be_same(frame, other, obj)
    ]
    if not rivals:
        return made
    attributes = dict(obj.attributes)
    for attribute in frame.machine.graph.entities[obj.entity].relationships:
        if isinstance(state_of(frame, obj, attribute), Loaded) and any(
            isinstance(state_of(frame, rival, attribute), Unloaded) for rival in rivals
        ):
            attributes[attribute.name] = Perhaps(MAY_BE_SAME)
    frame.put(made, replace(obj, attributes=attributes))
    return made


def _key(frame: Frame, entity: str) -> str:
    key = frame.machine.graph.entities[entity].primary_key
    return key[0] if len(key) == 1 else ""


def check_unique(frame: Frame, result: Result, site: Site) -> None:
    """Rows of a joined collection are fetched without ``unique()``: InvalidRequestError."""
    if result.duplicates is not None:
        entity, attribute = result.duplicates
        frame.emit(FetchWithoutUnique(site, entity, attribute, result.site))
