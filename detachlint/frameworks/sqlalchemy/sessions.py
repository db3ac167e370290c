"""Sessions, their factories, and what their methods do.

Source: orm/session_api.html, orm/extensions/asyncio.html.
"""

from __future__ import annotations

from dataclasses import replace

from detachlint.domain.facts import SessionFactory, SessionMisuse, Step
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy import lifecycle, options, plans, queries, results, statements
from detachlint.frameworks.sqlalchemy.usage import Usage
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Instance, Life, Plan, SessionObject
from detachlint.interpret.values import (
    NONE,
    Alias,
    ClassValue,
    Const,
    Library,
    Option,
    Ref,
    Statement,
    Unknown,
    Value,
)
from detachlint.resolve.program import shared_folders
from detachlint.resolve.symbols import ClassInfo, External

SESSIONS = {"Session": False, "AsyncSession": True, "sync_session": False}
FACTORIES = {"sessionmaker": False, "async_sessionmaker": True}
REGISTRIES = {"scoped_session": False, "async_scoped_session": True}
_FACTORY = External("sqlalchemy.orm.sessionmaker")
_TRANSACTION = External("sqlalchemy.orm.SessionTransaction")
_MANY_OPTIONS = ("execute", "scalars", "scalar", "stream", "stream_scalars", "exec")


def is_session_class(frame: Frame, value: Value | None) -> bool | None:
    """Whether a class is a session: True async, False sync, None no session."""
    if isinstance(value, Library):
        return SESSIONS.get(value.name.leaf)
    if isinstance(value, ClassValue):
        for base in frame.machine.program.external_bases(value.info):
            if base.leaf in SESSIONS:
                return SESSIONS[base.leaf]
    return None


def construct(frame: Frame, name: str, args: Arguments, site: Site) -> Value | None:
    """``Session(...)``, ``async_sessionmaker(...)``, ``scoped_session(factory)``."""
    if name in SESSIONS:
        return new_session(frame, is_async=SESSIONS[name], args=args, site=site)
    if name in FACTORIES:
        is_async = FACTORIES[name]
        declared = is_session_class(frame, args.get("class_"))
        if declared is not None:
            is_async = declared
        expires = args.flag("expire_on_commit")
        known = expires is not False
        if is_async and "expire_on_commit" not in dict(args.keywords) and args.splat:
            known = False
        if is_async:
            Usage.of(frame.machine).is_async = True
        if is_async and known:
            frame.emit(SessionFactory(site, True, True))
        fields: dict[str, Value] = {
            "is_async": Const(is_async),
            "expire_on_commit": Const(expires is not False),
            "autoflush": Const(args.flag("autoflush") is not False),
            "path": Const(site.path),
        }
        return frame.new(Instance(_FACTORY, fields))
    if name in REGISTRIES:
        factory = frame.instance(args.positional[0] if args.positional else None)
        fields = dict(factory.fields) if factory is not None else {}
        return frame.new(
            SessionObject(
                REGISTRIES[name] or fields.get("is_async") == Const(True),
                fields.get("expire_on_commit") != Const(False),
                history=(Step(site, "session registry made here"),),
            )
        )
    return None


def new_session(
    frame: Frame, *, is_async: bool, args: Arguments, site: Site, expires: bool | None = None
) -> Ref:
    flag = args.flag("expire_on_commit")
    if is_async:
        Usage.of(frame.machine).is_async = True
    if expires is None:
        expires = flag is not False
        if (
            is_async
            and expires
            and site.path
            and "expire_on_commit" not in dict(args.keywords)
            and not args.splat
        ):
            frame.emit(SessionFactory(site, True, True))
    elif flag is not None:
        expires = flag
    return frame.new(
        SessionObject(
            is_async,
            expires,
            args.flag("autoflush") is not False,
            history=(Step(site, "session opened here"),),
        )
    )


def factory_method(
    frame: Frame, ref: Ref, instance: Instance, name: str, args: Arguments, site: Site
) -> Value | None:
    """``factory()``, ``factory.begin()``, ``factory.configure(...)``."""
    if name in ("__call__", "begin"):
        autoflush = instance.fields.get("autoflush") != Const(False)
        session = new_session(
            frame,
            is_async=instance.fields.get("is_async") == Const(True),
            args=args,
            site=site,
            expires=instance.fields.get("expire_on_commit") != Const(False),
        )
        obj = frame.session(session)
        if obj is not None and not autoflush:
            frame.put(session, replace(obj, autoflush=False))
        if name == "__call__":
            return session
        return frame.new(Instance(_TRANSACTION, {"session": session, "owns": Const(True)}))
    if name == "configure":
        changed = {k: v for k, v in args.keywords if k in ("expire_on_commit", "autoflush")}
        frame.put(ref, replace(instance, fields={**instance.fields, **changed}))
        return NONE
    return None


def enter(frame: Frame, manager: Value, site: Site) -> Value | None:
    """``with session``, ``with session.begin()``, ``with factory.begin()``."""
    entered = frame.session(manager)
    if entered is not None and isinstance(manager, Ref):
        if entered.left:
            frame.put(manager, replace(entered, left=False))
        return manager
    instance = frame.instance(manager)
    if instance is not None and instance.cls == _TRANSACTION:
        session = instance.fields["session"]
        live = frame.session(session)
        if live is not None and isinstance(session, Ref):
            nested = live.nested + (1 if "nested" in instance.fields else 0)
            frame.put(session, replace(live, active=True, nested=nested))
        return session if "owns" in instance.fields else manager
    return None


def leave(frame: Frame, manager: Value, site: Site, *, failed: bool) -> None:
    live = frame.session(manager)
    if live is not None and isinstance(manager, Ref):
        _end(frame, manager, site)
        return
    instance = frame.instance(manager)
    if instance is None or instance.cls != _TRANSACTION:
        return
    session = instance.fields["session"]
    live = frame.session(session)
    if live is None or not isinstance(session, Ref):
        return
    if "nested" in instance.fields:
        if failed:
            lifecycle.savepoint_rollback(frame, session.address, site)
        else:
            lifecycle.flush(frame, session.address, site)
            if live.nested <= 1:
                lifecycle.savepoint_release(frame, session.address)
        after = frame.session(session)
        if after is not None:
            frame.put(session, replace(after, nested=max(0, after.nested - 1)))
        return
    if failed:
        lifecycle.rollback(frame, session.address, site)
    else:
        lifecycle.commit(frame, session.address, site)
    if "owns" in instance.fields:
        _end(frame, session, site)


def _end(frame: Frame, session: Ref, site: Site) -> None:
    """The block of the session is left."""
    lifecycle.close(frame, session.address, site, "its session ends with this block")
    live = frame.session(session)
    if live is not None:
        frame.put(session, replace(live, left=True))


def method(
    frame: Frame, ref: Ref, session: SessionObject, name: str, args: Arguments, site: Site
) -> Value | None:
    """A method of a session."""
    first = args.positional[0] if args.positional else None
    address = ref.address
    if name in _WORKS:
        _check_scope(frame, ref, session, site)
    if name in _EXECUTE:
        return _execute(frame, ref, name, args, site)
    match name:
        case "get" | "get_one":
            return _get(frame, ref, args, site, optional=name == "get")
        case "query":
            return replace(statements.construct(frame, "select", args, site), kind="query", session=ref)
        case "__call__":
            return ref  # a registry gives the current session
        case "commit":
            lifecycle.commit(frame, address, site)
            return NONE
        case "rollback":
            lifecycle.rollback(frame, address, site)
            return NONE
        case "close" | "aclose" | "remove" | "reset":
            lifecycle.close(frame, address, site)
            return NONE
        case "flush":
            _check_alone(frame, ref, session, site)
            lifecycle.flush(frame, address, site)
            return NONE
        case "add" | "add_all":
            lifecycle.add(
                frame, address, first if first is not None else args.get("instance") or args.get("instances")
            )
            return NONE
        case "delete" | "delete_all":
            lifecycle.delete(frame, address, first, site)
            return NONE
        case "expunge":
            lifecycle.expunge(frame, first, site)
            return NONE
        case "expunge_all":
            for target, obj in lifecycle.each_of(frame, address):
                frame.put(target, lifecycle._detached(obj, Step(site, "expunged from its session here")))
            lifecycle.record(frame, address, "expunge")
            return NONE
        case "expire":
            names = lifecycle.names_of(frame, args.get("attribute_names", 1))
            lifecycle.expire(frame, first, names, site)
            return NONE
        case "expire_all":
            lifecycle.expire_all(frame, address, site)
            return NONE
        case "refresh":
            names = lifecycle.names_of(frame, args.get("attribute_names", 1))
            lifecycle.refresh(
                frame, address, first if first is not None else args.get("instance"), names, site
            )
            return NONE
        case "merge":
            return lifecycle.merge(frame, address, first, _plan_from(frame, args, ""), site)
        case "begin":
            lifecycle.touch(frame, address)
            return frame.new(Instance(_TRANSACTION, {"session": ref}))
        case "begin_nested":
            lifecycle.flush(frame, address, site)
            return frame.new(Instance(_TRANSACTION, {"session": ref, "nested": Const(True)}))
        case "run_sync":
            return _run_sync(frame, ref, args, site)
        case "in_transaction" | "is_modified" | "in_nested_transaction" | "connection" | "get_bind":
            return frame.unknown("state of the session")
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
            return None
        case _:
            return None


_EXECUTE = frozenset({"execute", "scalars", "scalar", "stream", "stream_scalars", "exec"})
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


def _execute(frame: Frame, ref: Ref, name: str, args: Arguments, site: Site) -> Value | None:
    statement = frame.split(args.positional[0]) if args.positional else args.get("statement")
    if not isinstance(statement, Statement):
        live = frame.session(ref)
        if live is not None and live.autoflush:
            lifecycle.flush(frame, ref.address, site)
        lifecycle.touch(frame, ref.address)
        return frame.unknown("result of a statement that is not known")
    flag = args.get("execution_options")
    mapping = frame.dictionary(flag) if flag is not None else None
    if mapping is not None and any(
        k == Const("populate_existing") and v == Const(True) for k, v in mapping.entries
    ):
        statement = replace(statement, populate_existing=True)
    result = queries.run(frame, ref, statement, site)
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
    changes = any(o.life is Life.PENDING or o.changed for _, o in lifecycle.each_of(frame, ref.address))
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
    found = queries.get(frame, ref, entity, identity, plan, site, optional=optional, whole=not asks)
    if args.flag("populate_existing"):
        queries.fill(
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
        from detachlint.interpret.iterate import elements_of
        from detachlint.interpret.values import Directive, Hop

        elements = elements_of(frame, frame.split(given), frame.machine.nowhere)
        for value in (*elements.items, *([elements.rest] if elements.rest is not None else [])):
            found = options.spread(value)
            for option in found:
                directives += list(option.directives)
            if not found and isinstance(value, Unknown):
                directives.append(Directive((Hop("", "*"),), "unknown"))
    return plans.root_plan(frame.machine.graph, tuple(directives), entity)


def _run_sync(frame: Frame, ref: Ref, args: Arguments, site: Site) -> Value:
    """Inside ``run_sync`` lazy loading works."""
    from detachlint.interpret.invoke import call

    session = frame.session(ref)
    assert session is not None
    frame.put(ref, replace(session, is_async=False))
    try:
        return call(frame, args.positional[0], Arguments((ref, *args.positional[1:]), args.keywords), site)
    finally:
        after = frame.session(ref)
        if after is not None:
            frame.put(ref, replace(after, is_async=True))


def query_method(frame: Frame, query: Statement, name: str, args: Arguments, site: Site) -> Value | None:
    """Methods of a legacy ``Query`` (or a dynamic relationship) that execute."""
    session = query.session
    match name:
        case "all" | "__iter__" | "fetchall" | "yield_per":
            return _query_rows(frame, query, "all", site)
        case "first" | "one_or_none" | "scalar":
            return _query_rows(frame, query, name, site)
        case "one" | "first_or_404" | "one_or_404":
            return _query_rows(frame, query, "one", site)
        case "get" | "get_or_404":
            entity = query.items[0].entity if query.items else ""
            if entity not in frame.machine.graph.entities:
                return frame.unknown("entity that is not known")
            plan = queries.plan_of(frame, query, query.items[0])
            found = queries.get(frame, session, entity, args.get("ident", 0), plan, query.site)
            if name == "get" and frame.choose(2) == 1:
                return NONE
            return found
        case "count" | "exists" | "delete" | "update":
            if isinstance(session, Ref):
                lifecycle.flush(frame, session.address, site)
            return frame.unknown("number")
        case "paginate":
            listed = _query_rows(frame, query, "all", site)
            return frame.new(Instance(External("flask_sqlalchemy.Pagination"), {"items": listed or NONE}))
        case "__getitem__":
            rows = _query_rows(frame, query, "all", site)
            if not args.positional:
                return rows
            sequence = frame.sequence(rows)
            return (
                sequence.rest if sequence is not None and sequence.rest is not None else frame.unknown("row")
            )
        case "__contains__" | "__len__":
            return None
        case _:
            return None


def _query_rows(frame: Frame, query: Statement, name: str, site: Site) -> Value | None:
    result = replace(queries.run(frame, query.session, query, site), duplicates=None)
    if len(query.items) == 1 and not query.items[0].attribute:
        result = replace(result, shape="scalar")
    return results.method(frame, result, name, Arguments(), site)


def annotated(frame: Frame, name: External | ClassInfo) -> Value | None:
    """A parameter annotated ``AsyncSession``: a session that is open, made by the project's factory for all
    we know.
    """
    is_async: bool | None = None
    if isinstance(name, External):
        is_async = SESSIONS.get(name.leaf) if name.leaf in ("Session", "AsyncSession") else None
        if name.leaf in REGISTRIES:
            is_async = REGISTRIES[name.leaf]
        if name.root in ("requests", "aiohttp", "boto3", "botocore", "httpx", "curl_cffi", "noxfile", "nox"):
            return None
        if name.leaf in FACTORIES:
            return frame.new(
                Instance(
                    _FACTORY,
                    {"is_async": Const(FACTORIES[name.leaf]), "expire_on_commit": Const(_expires(frame))},
                )
            )
    else:
        is_async = is_session_class(frame, ClassValue(name))
    if is_async is None:
        return None
    if is_async:
        Usage.of(frame.machine).is_async = True
    return frame.new(SessionObject(is_async, _expires(frame), active=True))


def _expires(frame: Frame) -> bool:
    """What the program's nearest factories say of ``expire_on_commit``; where they disagree nobody knows, and
    a session of which nobody knows is not blamed for expiring.
    """
    nearest: dict[int, set[Value | None]] = {}
    for obj in frame.machine.module_heap.objects.values():
        if isinstance(obj, Instance) and obj.cls == _FACTORY:
            path = obj.fields.get("path")
            shared = shared_folders(str(path.value), frame.module.path) if isinstance(path, Const) else 0
            nearest.setdefault(shared, set()).add(obj.fields.get("expire_on_commit"))
    return Const(False) not in nearest[max(nearest)] if nearest else True


__all__ = ["Life", "Option", "SessionMisuse", "construct", "enter", "leave", "method"]
