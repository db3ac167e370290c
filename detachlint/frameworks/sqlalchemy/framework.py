"""The door to SQLAlchemy: dispatches what the interpreter asks to the modules of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from detachlint.domain.facts import Fact, SessionMisuse, Step
from detachlint.domain.models import Column, Hybrid, Relationship, Synonym
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy import (
    ignored,
    inspection,
    instances,
    lifecycle,
    mappings,
    options,
    probes,
    queries,
    results,
    sessions,
    statements,
    usage,
)
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.framework import Entry
from detachlint.interpret.heap import Base, EntityObject, Instance, Life, Loaded, SessionObject
from detachlint.interpret.machine import Machine
from detachlint.interpret.values import (
    FALSE,
    NONE,
    TRUE,
    Alias,
    ClassValue,
    Const,
    Coroutine,
    Function,
    Generator,
    InstanceState,
    MappedAttribute,
    Member,
    Option,
    Partial,
    Ref,
    Result,
    Sql,
    Statement,
    Super,
    Unknown,
    Value,
)
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External, FunctionInfo

ROOTS = frozenset(
    {"sqlalchemy", "sqlmodel", "flask_sqlalchemy", "flask_sqlalchemy_lite", "advanced_alchemy",
     "sqlalchemy_utils", "fastapi_async_sqlalchemy", "quart_sqlalchemy", "sqlalchemy_filters", "zope"}
)  # fmt: skip
_SQL = frozenset(
    {
        "or_",
        "not_",
        "func",
        "text",
        "literal",
        "literal_column",
        "case",
        "exists",
        "desc",
        "asc",
        "null",
        "true",
        "false",
        "between",
        "distinct",
        "cast",
        "type_coerce",
        "any_",
        "all_",
        "tuple_",
        "extract",
        "over",
        "bindparam",
        "column",
        "nulls_last",
        "nullslast",
        "label",
        "union",
        "union_all",
        "within_group",
    }
)
_ATTRIBUTE_OPERATORS = frozenset(
    {"==", "!=", "<", "<=", ">", ">=", "&", "|", "+", "-", "*", "/", "%", "in", "not in", "is", "is not"}
)


class SqlAlchemy:
    """Implements the Framework protocol."""

    def __init__(self) -> None:
        self._aliases: dict[tuple[str, int, str], int] = {}

    # ------------------------------------------------------------------ calls

    def call(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
        leaf = name.leaf
        if name.root not in ROOTS and leaf not in sessions.FACTORIES and leaf != "AsyncSession":
            return None
        if leaf in options.ALL_OPTIONS:
            return options.make(frame, leaf, args, site)
        if leaf in statements.CONSTRUCTORS:
            return statements.construct(frame, leaf, args, site)
        if leaf == "and_":
            return statements.conjunction(args)
        if leaf in _SQL or ".func." in name.dotted:
            return Sql()
        if leaf == "SQLAlchemy":
            return self._flask(frame, name, args, site)
        made = sessions.construct(frame, leaf, args, site)
        if made is not None:
            return made
        return self._function(frame, leaf, args, site)

    def _flask(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value:
        from detachlint.interpret.heap import SessionObject as Scoped

        session = frame.new(Scoped(False, True, history=(Step(site, "session of the request"),)))
        return frame.new(Instance(name, {"session": session}))

    def _function(self, frame: Frame, leaf: str, args: Arguments, site: Site) -> Value | None:
        first = frame.split(args.positional[0]) if args.positional else None
        match leaf:
            case "aliased" | "with_polymorphic":
                return self._alias(frame, leaf, first, args, site)
            case "inspect":
                return InstanceState(first) if frame.entity(first) is not None and first is not None else None
            case "instance_state":
                return InstanceState(first) if first is not None else None
            case "object_session" | "async_object_session":
                return (
                    inspection.member(frame, InstanceState(first), "session", site)
                    if first is not None
                    else None
                )
            case "set_committed_value" | "set_attribute":
                key = args.get("key", 1)
                value = args.get("value", 2)
                if isinstance(first, Ref) and isinstance(key, Const) and isinstance(key.value, str):
                    obj = frame.entity(first)
                    if obj is not None and value is not None:
                        attributes = {**obj.attributes, key.value: Loaded(value)}
                        frame.put(first, replace(obj, attributes=attributes))
                return NONE
            case "make_transient" | "make_transient_to_detached":
                obj = frame.entity(first)
                if obj is not None and isinstance(first, Ref):
                    life = Life.TRANSIENT if leaf == "make_transient" else Life.DETACHED
                    frame.put(first, replace(obj, life=life, session=None))
                return NONE
            case "flag_modified" | "flag_dirty":
                obj = frame.entity(first)
                if obj is not None and isinstance(first, Ref):
                    frame.put(first, replace(obj, changed=frozenset({"*"})))
                return NONE
            case "close_all_sessions":
                return NONE
            case _:
                return None

    def _alias(
        self, frame: Frame, leaf: str, first: Value | None, args: Arguments, site: Site
    ) -> Value | None:
        entity = first.info.qualname if isinstance(first, ClassValue) else ""
        if entity not in frame.machine.graph.entities:
            return frame.unknown("alias of something unknown")
        number = self._aliases.setdefault((site.path, site.node, entity), len(self._aliases) + 1)
        if leaf == "aliased":
            return Alias(entity, number)
        from detachlint.interpret.iterate import elements_of

        listed = args.get("classes", 1)
        loads: list[str] = []
        if isinstance(listed, Const) and listed.value == "*":
            loads = ["*"]
        elif listed is not None:
            loads = [
                v.info.qualname for v in elements_of(frame, listed, site).items if isinstance(v, ClassValue)
            ]
        return Alias(entity, number, tuple(loads))

    # ------------------------------------------------------------- attributes

    def member(self, frame: Frame, receiver: Value, name: str, site: Site) -> Value | None:
        match receiver:
            case Ref():
                return self._heap_member(frame, receiver, name, site)
            case ClassValue(info=info):
                return self._class_member(frame, info, name, site)
            case Alias():
                return self._alias_member(frame, receiver, name)
            case InstanceState():
                return inspection.member(frame, receiver, name, site)
            case MappedAttribute() if name == "property":
                return frame.unknown("mapper property")
            case Statement() if name in ("c", "selected_columns", "exported_columns"):
                return Sql()
            case Sql():
                return Sql()
            case Unknown():
                usage.Usage.of(frame.machine).names.add(name)
                return None
            case _:
                return None

    def _heap_member(self, frame: Frame, ref: Ref, name: str, site: Site) -> Value | None:
        obj = frame.get(ref)
        match obj:
            case EntityObject():
                match name:
                    case "awaitable_attrs":
                        return InstanceState(ref, "awaitable_attrs")
                    case "__dict__":
                        return InstanceState(ref, "dict")
                    case "_sa_instance_state":
                        return InstanceState(ref)
                    case _:
                        pass
                found = instances.read(frame, ref, name, site)
                if found is not None:
                    return found
                held = obj.attributes.get(name)
                return held.value if isinstance(held, Loaded) else None
            case SessionObject():
                match name:
                    case "sync_session":
                        return ref
                    case "no_autoflush":
                        return Unknown("context manager")
                    case "info" | "bind" | "new" | "dirty" | "deleted" | "identity_map":
                        return frame.unknown("state of the session")
                    case _:
                        return Member(ref, name)
            case Instance(cls=External() as cls) if cls.leaf == "SQLAlchemy":
                if name == "session":
                    return obj.fields["session"]
                from detachlint.interpret.values import Library

                return Library(External(f"sqlalchemy.orm.{name}"))
            case _:
                return None

    def _class_member(self, frame: Frame, info: ClassInfo, name: str, site: Site) -> Value | None:
        entity = frame.machine.graph.entities.get(info.qualname)
        if entity is None:
            return None
        attribute = entity.attributes.get(name)
        match attribute:
            case Column() | Relationship() | Synonym():
                return MappedAttribute(info.qualname, name)
            case Hybrid():
                return Sql()
            case None if name == "query":
                session = self._request_session(frame)
                from detachlint.frameworks.sqlalchemy.statements import construct

                made = construct(frame, "select", Arguments((ClassValue(info),)), site)
                return replace(made, kind="query", session=session)
            case None if name in ("__table__", "metadata", "registry", "__mapper__"):
                return Sql()
            case _:
                return None

    def _request_session(self, frame: Frame) -> Value:
        for address, obj in sorted(frame.machine.module_heap.objects.items(), reverse=True):
            if isinstance(obj, Instance) and isinstance(obj.cls, External) and obj.cls.leaf == "SQLAlchemy":
                return obj.fields["session"]
            if isinstance(obj, SessionObject) and not obj.is_async:
                return Ref(address)
        return Unknown("session of the request")

    def _alias_member(self, frame: Frame, alias: Alias, name: str) -> Value | None:
        entity = frame.machine.graph.entities.get(alias.entity)
        if entity is not None and name in entity.attributes:
            return MappedAttribute(alias.entity, name, alias.number)
        for below in frame.machine.graph.descendants(alias.entity):
            if frame.machine.graph.entities[below].name == name:
                return Alias(below, alias.number)
        return Sql()

    # ---------------------------------------------------------------- methods

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        match receiver:
            case Ref():
                return self._heap_method(frame, receiver, name, args, site)
            case Result():
                return results.method(frame, receiver, name, args, site)
            case Statement():
                if receiver.kind in ("query", "dynamic"):
                    found = sessions.query_method(frame, receiver, name, args, site)
                    if found is not None:
                        return self._dynamic(frame, receiver, found, site)
                return statements.method(frame, receiver, name, args, site)
            case Option():
                return options.method(frame, receiver, name, args, site)
            case MappedAttribute():
                if name in _ATTRIBUTE_OPERATORS:
                    return statements.compare(receiver, name, args.positional[0])
                if name.startswith("__"):
                    return None
                if name == "is_":
                    return (
                        statements.compare(receiver, "is_", args.positional[0]) if args.positional else Sql()
                    )
                return options.attribute_method(receiver, name, args)
            case Sql():
                if name in _ATTRIBUTE_OPERATORS and args.positional:
                    return statements.compare(receiver, name, args.positional[0])
                return None if name.startswith("__") else Sql()
            case InstanceState():
                return inspection.method(frame, receiver, name, args, site)
            case Super(receiver=target) if name == "__init__" and frame.entity(target) is not None:
                assert isinstance(target, Ref)
                self._initialise(frame, target, args, site)
                return NONE
            case _:
                return None

    def _dynamic(self, frame: Frame, query: Statement, found: Value, site: Site) -> Value:
        """Iterating a ``lazy="dynamic"`` relationship emits SQL right there: under asyncio that fails."""
        if query.kind == "dynamic":
            session = frame.session(query.session)
            if session is not None and session.is_async:
                from detachlint.domain.facts import Cause, Failure, Read

                related = query.relation or MappedAttribute(
                    query.items[0].entity if query.items else "", "query"
                )
                frame.emit(
                    Read(
                        site,
                        related.entity,
                        related.name,
                        Failure.MISSING_GREENLET,
                        Cause.DYNAMIC,
                        is_collection=True,
                    )
                )
        return found

    def _heap_method(self, frame: Frame, ref: Ref, name: str, args: Arguments, site: Site) -> Value | None:
        obj = frame.get(ref)
        match obj:
            case SessionObject():
                return sessions.method(frame, ref, obj, name, args, site)
            case Instance() if obj.cls == sessions._FACTORY:
                return sessions.factory_method(frame, ref, obj, name, args, site)
            case Instance() if obj.cls == sessions._TRANSACTION:
                return self._transaction(frame, obj, name, site)
            case Instance(cls=External() as cls) if cls.leaf == "Pagination" and name == "__iter__":
                return obj.fields.get("items")
            case EntityObject():
                return self._entity_method(frame, ref, obj, name, args, site)
            case _:
                return None

    def _transaction(self, frame: Frame, obj: Instance, name: str, site: Site) -> Value | None:
        session = obj.fields["session"]
        if not isinstance(session, Ref):
            return None
        match name:
            case "commit" if "nested" not in obj.fields:
                lifecycle.commit(frame, session.address, site)
            case "rollback" if "nested" not in obj.fields:
                lifecycle.rollback(frame, session.address, site)
            case "rollback":
                lifecycle.savepoint_rollback(frame, session.address, site)
            case _:
                pass
        return NONE

    def _entity_method(
        self, frame: Frame, ref: Ref, obj: EntityObject, name: str, args: Arguments, site: Site
    ) -> Value | None:
        entity = frame.machine.graph.entities.get(obj.entity)
        if entity is None:
            return None
        if name == "__repr__" and entity.dataclass_repr:
            return self._generated(frame, ref, [r.name for r in entity.relationships if r.in_repr], site)
        if name == "__eq__" and entity.dataclass_eq:
            return self._generated(frame, ref, [r.name for r in entity.relationships if r.in_compare], site)
        if name == "__asdict__" and entity.is_dataclass:
            return self._generated(frame, ref, [r.name for r in entity.relationships], site)
        if name == "__delattr__":
            key = args.positional[0] if args.positional else None
            if isinstance(key, Const) and isinstance(key.value, str):
                instances.write(frame, ref, key.value, NONE, site)
            return NONE
        return None

    def _generated(self, frame: Frame, ref: Ref, names: list[str], site: Site) -> Value:
        """A method that ``dataclasses`` wrote reads every relationship."""
        for name in names:
            instances.read(frame, ref, name, site)
        return frame.unknown("generated method")

    # ----------------------------------------------------------------- others

    def assign(self, frame: Frame, receiver: Value, name: str, value: Value, site: Site) -> bool:
        if not isinstance(receiver, Ref):
            return False
        session = frame.session(receiver)
        if session is not None:
            if name in ("expire_on_commit", "autoflush") and isinstance(value, Const):
                frame.put(receiver, replace(session, **{name: bool(value.value)}))  # type: ignore[arg-type]
            return True
        return frame.entity(receiver) is not None and instances.write(frame, receiver, name, value, site)

    def construct(self, frame: Frame, cls: ClassInfo, args: Arguments, site: Site) -> Value | None:
        graph = frame.machine.graph
        if cls.qualname not in graph.entities:
            declared = sessions.is_session_class(frame, ClassValue(cls))
            if declared is not None:
                return sessions.new_session(frame, is_async=declared, args=args, site=site)
            return None
        name = cls.name
        ref = frame.new(
            EntityObject(
                cls.qualname,
                Base.FRESH,
                Life.TRANSIENT,
                exact=True,
                history=(Step(site, f"`{name}` is made here"),),
            )
        )
        from detachlint.interpret.attribute import call_method

        if call_method(frame, ref, "__init__", args, site) is None:
            self._initialise(frame, ref, args, site)
        return ref

    def _initialise(self, frame: Frame, ref: Ref, args: Arguments, site: Site) -> None:
        """The constructor that mapped classes have: keywords are attributes; dataclasses take positions
        too.
        """
        obj = frame.entity(ref)
        entity = frame.machine.graph.entities.get(obj.entity) if obj is not None else None
        if entity is None:
            return
        if entity.is_dataclass:
            # The default of a relationship is not kept by the flush (since 2.1): it is as if nothing had been
            # given.
            names = list(entity.attributes)
            for name, value in zip(names, args.positional, strict=False):
                instances.write(frame, ref, name, value, site)
        for name, value in args.keywords:
            instances.write(frame, ref, name, value, site)

    def annotated(
        self, frame: Frame, name: External | ClassInfo, arguments: tuple[ir.Expr, ...]
    ) -> Value | None:
        if isinstance(name, ClassInfo) and name.qualname in frame.machine.graph.entities:
            return frame.new(EntityObject(name.qualname, Base.UNKNOWN, Life.UNKNOWN))
        return sessions.annotated(frame, name)

    def enter(self, frame: Frame, value: Value, site: Site) -> Value | None:
        return sessions.enter(frame, value, site)

    def leave(self, frame: Frame, value: Value, site: Site, failed: bool) -> None:
        sessions.leave(frame, value, site, failed=failed)

    def decorated(self, frame: Frame, decorator: Value, function: Function, site: Site) -> Value | None:
        return None

    def entries(self, machine: Machine) -> Iterator[Entry]:
        return iter(())

    # ------------------------------------------------------------------- hooks

    def called(self, frame: Frame, info: FunctionInfo, env: dict[str, Value]) -> None:
        ignored.called(frame, info, env)

    def conclude(self, machine: Machine) -> None:
        """What only the whole program shows."""
        found: tuple[Fact, ...] = (
            *probes.unguarded(machine),
            *ignored.misuses(machine),
            *usage.misuses(machine),
            *mappings.misuses(machine.graph),
        )
        machine.collect(dict.fromkeys(found, ()))

    def spread(self, frame: Frame, session: int, effect: str, passed: set[int], step: Step) -> None:
        lifecycle.spread(frame, session, effect, passed, step)

    def pick_one(self, frame: Frame, value: Value) -> Value | None:
        return instances.pick_one(frame, value) if isinstance(value, Ref) else None

    def meet(self, frame: Frame, address: int, obj: EntityObject) -> None:
        queries.meet(frame, address, obj)

    def appended(self, frame: Frame, owner: Ref, name: str, value: Value) -> None:
        """An object was appended to a relationship."""
        found = instances.mapped(frame, owner)
        attribute = found[1].attributes.get(name) if found is not None else None
        if found is not None and isinstance(attribute, Relationship):
            frame.put(owner, replace(found[0], changed=found[0].changed | {name}))
            instances.attach(frame, owner, attribute, value)

    def note_loaded(self, frame: Frame) -> dict[int, SessionObject]:
        return queries.note_loaded(frame)

    def concurrent(self, frame: Frame, coroutines: tuple[Value, ...], site: Site) -> None:
        """One session in two coroutines that run at once.

        Source: orm/session_basics.html, "Is the Session thread-safe?".
        """
        seen: set[Ref] = set()
        for coroutine in coroutines:
            given = _refs(coroutine)
            for ref in list(given):
                instance = frame.instance(ref)
                if instance is not None:
                    given |= {v for v in instance.fields.values() if isinstance(v, Ref)}
            mine = {r for r in given if frame.session(r) is not None}
            for ref in mine & seen:
                session = frame.session(ref)
                if session is not None:
                    frame.put(ref, replace(session, shared=True))
            seen |= mine

    def finished(self, frame: Frame, site: Site) -> None:
        for address, session in list(frame.state.heap.items()):
            if isinstance(session, SessionObject) and session.shared:
                frame.put(address, replace(session, shared=False))
                frame.emit(SessionMisuse(site, "concurrent", "asyncio.gather", None))


def _refs(value: Value) -> set[Ref]:
    if isinstance(value, (Coroutine, Generator, Partial)):
        found: set[Ref] = set()
        for each in (value.func, *value.args, *(v for _, v in value.keywords)):
            found |= _refs(each)
        return found
    if isinstance(value, Function) and value.bound is not None:
        return _refs(value.bound)
    return {value} if isinstance(value, Ref) else set()


__all__ = ["FALSE", "TRUE", "SqlAlchemy"]
