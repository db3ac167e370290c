"""What the methods of sessions do."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import SessionMisuse, Step
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.queries import (
    execution,
    filling,
    gets,
    options,
    plans,
    results,
    statements,
)
from detachlint.frameworks.sqlalchemy.sessions import (
    blocks,
    cascades,
    events,
    expiry,
    flush,
    lifecycle,
    merging,
    objects,
    subclasses,
)
from detachlint.frameworks.sqlalchemy.sessions.factories import TRANSACTION
from detachlint.frameworks.sqlalchemy.sessions.greenlets import in_greenlet
from detachlint.frameworks.sqlalchemy.sessions.leaving import leaving
from detachlint.interpret.frame import Arguments, Frame, RaisedError
from detachlint.interpret.heap import Instance, Life, Plan, SessionObject
from detachlint.interpret.values import (
    NONE,
    Alias,
    ClassValue,
    Const,
    Directive,
    Hop,
    Member,
    Ref,
    Statement,
    Unknown,
    Value,
)

_EXECUTE = frozenset({"execute", "scalars", "scalar", "stream", "stream_scalars", "exec"})
_TAKES_OBJECT = frozenset({"add", "delete", "expunge", "expire", "refresh", "merge"})
_WORKS = _EXECUTE | {
    "get",
    "get_one",
    "query",
    "add",
    "add_all",
    "delete",
    "merge",
    "refresh",
    "flush",
    "commit",
}


def member(frame: Frame, ref: Ref, session: SessionObject, name: str) -> Value | None:
    """An attribute of a session."""
    match name:
        case "sync_session":
            return ref
        case "no_autoflush":
            return Unknown("context manager")
        case _ if session.cls and subclasses.has_member(frame, session, name):
            return None
        case "new" | "dirty" | "deleted":
            return events.objects(frame, ref, name)
        case "info":
            return events.info(frame, ref)
        case "bind" | "identity_map":
            return frame.unknown("state of the session")
        case _:
            return Member(ref, name)


def method(
    frame: Frame, ref: Ref, session: SessionObject, name: str, args: Arguments, site: Site
) -> Value | None:
    """A method of a session."""
    first = args.positional[0] if args.positional else None
    address = ref.address
    if name in _WORKS:
        _check_scope(frame, ref, session, site)
        live = frame.session(ref)
        if live is not None and live.shared:
            frame.put(ref, replace(live, busy=True))
    if name in _EXECUTE:
        return _execute(frame, ref, name, args, site)
    match name:
        case "get" | "get_one":
            return _get(frame, ref, args, site, optional=name == "get")
        case "query":
            return replace(statements.construct(frame, "select", args, site), kind="query", session=ref)
        case "__call__":
            return ref  # a registry gives the current session
        case "run_sync":
            return _run_sync(frame, ref, args, site)
        case "in_transaction" | "is_modified" | "in_nested_transaction" | "get_bind":
            return frame.unknown("state of the session")
        case "connection":
            objects.touch(frame, address)
            return frame.unknown("connection")
        case "bulk_save_objects" | "bulk_insert_mappings" | "bulk_update_mappings" | "invalidate":
            return NONE
        case "close_all":
            return NONE
        case "__contains__":
            member = frame.entity(first)
            if member is None:
                return frame.unknown("membership in a session")
            return Const(member.session == address)
        case "__iter__":
            return events.objects(frame, ref, "objects")
        case "__enter__" | "__aenter__":
            return blocks.enter(frame, ref, site)
        case "__exit__" | "__aexit__":
            blocks.leave(frame, ref, site, failed=blocks.is_failure(args))
            return NONE
        case _:
            ended = _transaction(frame, ref, session, name, site)
            return ended if ended is not None else _objects(frame, ref, name, args, site)


def _transaction(frame: Frame, ref: Ref, session: SessionObject, name: str, site: Site) -> Value | None:
    """Methods that begin, flush or end a transaction."""
    address = ref.address
    match name:
        case "commit":
            lifecycle.commit(frame, address, site)
            blocks.ended_inside(frame, ref)
            return NONE
        case "rollback":
            lifecycle.rollback(frame, address, site)
            blocks.ended_inside(frame, ref)
            return NONE
        case "close" | "aclose" | "remove" | "reset":
            lifecycle.close(frame, address, site)
            return NONE
        case "flush":
            _check_alone(frame, ref, session, site)
            flush.flush(frame, address, site)
            return NONE
        case "begin":
            objects.touch(frame, address)
            return frame.new(Instance(TRANSACTION, {"session": ref}))
        case "begin_nested":
            flush.flush(frame, address, site)
            live = frame.session(address) or session
            frame.put(address, replace(live, nested=live.nested + 1))
            return frame.new(Instance(TRANSACTION, {"session": ref, "nested": Const(True)}))
        case _:
            return None


def _objects(frame: Frame, ref: Ref, name: str, args: Arguments, site: Site) -> Value | None:
    """Methods that change what the session holds."""
    first = args.positional[0] if args.positional else None
    address = ref.address
    if first == NONE and name in _TAKES_OBJECT:
        raise RaisedError(Unknown("exception", type="sqlalchemy.orm.exc.UnmappedInstanceError"))
    match name:
        case "add" | "add_all":
            cascades.add(
                frame, address, first if first is not None else args.get("instance") or args.get("instances")
            )
            return NONE
        case "delete" | "delete_all":
            cascades.delete(frame, address, first, site)
            return NONE
        case "expunge":
            cascades.expunge(frame, first, site)
            return NONE
        case "expunge_all":
            step, moment = Step(site, "expunged from its session here"), frame.unknown("departure")
            for target, obj in leaving(frame, objects.each_of(frame, address)):
                frame.put(target, objects.detached(obj, step, moment))
            objects.record(frame, address, "expunge")
            return NONE
        case "expire":
            names = expiry.names_of(frame, args.get("attribute_names", 1))
            expiry.expire(frame, first, names, site)
            return NONE
        case "expire_all":
            expiry.expire_all(frame, address, site)
            return NONE
        case "refresh":
            names = expiry.names_of(frame, args.get("attribute_names", 1))
            expiry.refresh(frame, address, first if first is not None else args.get("instance"), names, site)
            return NONE
        case "merge":
            load = args.flag("load") is not False
            return merging.merge(frame, address, first, _plan_from(frame, args, ""), site, load=load)
        case _:
            return None


def _execute(frame: Frame, ref: Ref, name: str, args: Arguments, site: Site) -> Value | None:
    statement = frame.split(args.positional[0]) if args.positional else args.get("statement")
    if not isinstance(statement, Statement):
        live = frame.session(ref)
        if live is not None and live.autoflush:
            flush.flush(frame, ref.address, site)
        objects.touch(frame, ref.address)
        return frame.unknown("result of a statement that is not known")
    flag = args.get("execution_options")
    mapping = frame.dictionary(flag) if flag is not None else None
    if mapping is not None:
        options = tuple([(k.value, v) for k, v in mapping.entries if isinstance(k, Const)])
        named = Arguments((), tuple([(name, v) for name, v in options if isinstance(name, str)]))
        told = statements.method(frame, statement, "execution_options", named, site)
        statement = told if isinstance(told, Statement) else statement
    result = replace(execution.run(frame, ref, statement, site), streamed=name.startswith("stream"))
    if name == "exec" and len(statement.items) == 1:
        result = replace(result, shape="scalar")
    if name in ("scalars", "stream_scalars"):
        return results.method(frame, result, "scalars", Arguments(), site)
    if name == "scalar":
        return results.method(frame, result, "scalar", Arguments(), site)
    return result


def _check_scope(frame: Frame, ref: Ref, session: SessionObject, site: Site) -> None:
    """A session begins anew when it is used after its block; the objects that it had stay detached."""
    if session.left:
        frame.emit(SessionMisuse(site, "closed", "session", None), session.history)
        frame.put(ref, replace(session, left=False))


def _check_alone(frame: Frame, ref: Ref, session: SessionObject, site: Site) -> None:
    """The second of two tasks that flush changes of one session at the same time is refused."""
    changes = any(o.life is Life.PENDING or o.changed for _, o in objects.each_of(frame, ref.address))
    if session.shared and session.is_async and changes:
        frame.emit(SessionMisuse(site, "concurrent", "flush", None, error="InvalidRequestError"))
        frame.put(ref, replace(session, shared=False))


def _get(frame: Frame, ref: Ref, args: Arguments, site: Site, *, optional: bool) -> Value:
    target = frame.split(args.positional[0]) if args.positional else args.get("entity")
    entity = ""
    if isinstance(target, ClassValue):
        entity = target.info.qualname
    elif isinstance(target, Alias):
        entity = target.entity
    if entity not in frame.machine.graph.entities:
        return frame.unknown("entity that is not known")
    identity = args.get("ident", 1)
    asks = {name for name, _ in args.keywords} - {"entity", "ident", "options"}
    plan = _plan_from(frame, args, entity)
    found = gets.get(frame, ref, entity, identity, plan, site, optional=optional, whole=not asks)
    if args.flag("populate_existing"):
        filling.fill(
            frame,
            found,
            _plan_from(frame, args, entity),
            Statement("select", (), site, populate_existing=True),
        )
    obj = frame.entity(found)
    fresh = obj is not None and len(obj.history) == 1
    if optional and fresh and frame.choose(2) == 1:
        return NONE
    return found


def _plan_from(frame: Frame, args: Arguments, entity: str) -> Plan:
    given = args.get("options")
    directives = []
    if given is not None and given != NONE:
        from detachlint.interpret.expressions.iterate import elements_of

        elements = elements_of(frame, frame.split(given), frame.machine.nowhere)
        for value in (*elements.items, *([elements.rest] if elements.rest is not None else [])):
            found = options.spread(frame, value)
            for option in found:
                directives += list(option.directives)
            if not found and isinstance(value, Unknown):
                directives.append(Directive((Hop("", "*"),), "unknown"))
    return plans.root_plan(frame.machine.graph, tuple(directives), entity)


def _run_sync(frame: Frame, ref: Ref, args: Arguments, site: Site) -> Value:
    """Inside ``run_sync`` lazy loading works."""
    from detachlint.interpret.calls.invoke import call

    with in_greenlet(frame, ref):
        return call(frame, args.positional[0], Arguments((ref, *args.positional[1:]), args.keywords), site)
