"""The door to SQLAlchemy: dispatches what the interpreter asks to the modules of this folder."""

from __future__ import annotations

from collections.abc import Container, Iterator

from msgspec.structs import replace

from detachlint.domain.facts import Fact, Step
from detachlint.domain.models import Column, Hybrid, Relationship, Synonym
from detachlint.domain.source import Site
from detachlint.frameworks import flask_sqlalchemy
from detachlint.frameworks.base import Nothing
from detachlint.frameworks.sqlalchemy import functions, mappers
from detachlint.frameworks.sqlalchemy.identity import callers, changes, doubts, notes
from detachlint.frameworks.sqlalchemy.instances import (
    attributes,
    dynamic,
    inspection,
    mapped_objects,
    reads,
    related,
    writes,
)
from detachlint.frameworks.sqlalchemy.meetings import noted
from detachlint.frameworks.sqlalchemy.observers import demand, ignored, mappings, probes, unresolved, usage
from detachlint.frameworks.sqlalchemy.queries import (
    legacy_query,
    options,
    results,
    shared_options,
    statements,
)
from detachlint.frameworks.sqlalchemy.sessions import (
    blocks,
    by_use,
    concurrency,
    factories,
    lifecycle,
    makers,
    methods,
    subclasses,
)
from detachlint.interpret.calls.invoke import call_member
from detachlint.interpret.footprints import CONCLUDED
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.framework import Entry
from detachlint.interpret.heap import Base, EntityObject, Instance, Life, Loaded, SessionObject
from detachlint.interpret.machine import Machine
from detachlint.interpret.values import (
    NONE,
    Alias,
    ClassValue,
    Const,
    InstanceState,
    MappedAttribute,
    Member,
    Option,
    Ref,
    Result,
    Sql,
    Statement,
    Super,
    Tuple,
    Unknown,
    Value,
)
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External, FunctionInfo

ROOTS = frozenset(
    {"sqlalchemy", "sqlmodel", "flask_sqlalchemy", "flask_sqlalchemy_lite", "advanced_alchemy",
     "sqlalchemy_utils", "fastapi_async_sqlalchemy", "quart_sqlalchemy", "sqlalchemy_filters", "sqla_wrapper",
     "fastapi_sqla", "zope"}
)  # fmt: skip
_ATTRIBUTE_OPERATORS = frozenset(
    {"==", "!=", "<", "<=", ">", ">=", "&", "|", "+", "-", "*", "/", "%", "in", "not in", "is", "is not"}
)


class SqlAlchemy(Nothing):
    """Implements the Framework protocol."""

    def __init__(self) -> None:
        self._aliases: functions.AliasNumbers = {}

    # ------------------------------------------------------------------ calls

    @noted
    def call(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
        leaf = name.leaf
        if name.root not in ROOTS and leaf not in makers.FACTORIES and leaf != "AsyncSession":
            return by_use.method(frame, leaf, args, site)
        if leaf in options.ALL_OPTIONS:
            return shared_options.made(frame, options.make(frame, leaf, args, site))
        if leaf in statements.CONSTRUCTORS:
            return statements.construct(frame, leaf, args, site)
        if leaf == "and_":
            return statements.conjunction(args)
        if leaf == "or_" and not args.splat:
            return statements.disjunction(args.positional)
        if functions.is_expression(name):
            return Sql(server=".func." in name.dotted)
        if leaf == "SQLAlchemy":
            return flask_sqlalchemy.make(frame, name, args, site)
        made = factories.construct(frame, leaf, args, site)
        if made is not None:
            return made
        return functions.call(frame, self._aliases, leaf, args, site)

    # ------------------------------------------------------------- attributes

    @noted
    def member(self, frame: Frame, receiver: Value, name: str, site: Site) -> Value | None:
        if frame.machine.config.strict:
            unresolved.note(frame, receiver, name, site)
        match receiver:
            case Ref():
                return self._heap_member(frame, receiver, name, site)
            case ClassValue(info=info):
                return self._class_member(frame, info, name, site)
            case Alias():
                return self._alias_member(frame, receiver, name, site)
            case InstanceState():
                return inspection.member(frame, receiver, name, site)
            case MappedAttribute() if name in ("property", "prop", "mapper", "entity", "key"):
                held = mappers.property_of(frame, receiver)
                return (
                    held
                    if held is None or name in ("property", "prop")
                    else mappers.member(frame, held, name)
                )
            case Statement() if name in ("c", "selected_columns", "exported_columns"):
                return Sql()
            case Statement(options=options) if name == "_with_options":
                return Tuple((Option(options),) if options else ())
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
                    case "__table__" | "__mapper__":
                        info = frame.machine.program.classes.get(obj.entity)
                        return self._class_member(frame, info, name, site) if info is not None else None
                    case "_sa_instance_state":
                        return InstanceState(ref)
                    case _:
                        pass
                found = reads.read(frame, ref, name, site)
                if found is not None:
                    return found
                held = obj.attributes.get(name)
                return held.value if isinstance(held, Loaded) else None
            case SessionObject():
                return methods.member(frame, ref, obj, name)
            case Instance():
                return flask_sqlalchemy.member(frame.machine.program, obj, name)
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
                session = flask_sqlalchemy.request_session(frame)
                from detachlint.frameworks.sqlalchemy.queries.statements import construct

                made = construct(frame, "select", Arguments((ClassValue(info),)), site)
                return replace(made, kind="query", session=session)
            case None if name in ("__table__", "__mapper__"):
                cls = ClassValue(info)
                return mappers.mapper_of(frame, cls, mappers.TABLE if name == "__table__" else mappers.MAPPER)
            case None if name in ("metadata", "registry"):
                return Sql()
            case _:
                return None

    def _alias_member(self, frame: Frame, alias: Alias, name: str, site: Site) -> Value | None:
        entity = frame.machine.graph.entities.get(alias.entity)
        cls = frame.machine.program.classes.get(alias.entity)
        if name == "query" and cls is not None:  # what is no attribute of the mapping is the class's own
            return self._class_member(frame, cls, name, site)
        if entity is not None and name in entity.attributes:
            return MappedAttribute(alias.entity, name, alias.number)
        for below in frame.machine.graph.descendants(alias.entity):
            if frame.machine.graph.entities[below].name == name:
                return Alias(below, alias.number)
        return Sql()

    # ---------------------------------------------------------------- methods

    @noted
    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        match receiver:
            case Ref():
                return self._heap_method(frame, receiver, name, args, site)
            case Result():
                return results.method(frame, receiver, name, args, site)
            case Statement():
                if receiver.kind == "dynamic":
                    return dynamic.method(frame, receiver, name, args, site)
                if receiver.kind == "query":
                    found = legacy_query.query_method(frame, receiver, name, args, site)
                    if found is not None:
                        return found
                made = statements.go_on(frame, receiver, name, args, site)
                return made or subclasses.query_method(frame, receiver, name, args, site)
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
            case Unknown() if name == "options":
                query = statements.with_those_options(frame, receiver, args, site)
                return call_member(frame, query, name, args, site) if query is not None else None
            case Unknown() | Member():
                return by_use.method(frame, name, args, site)
            case Super(receiver=target):
                return self._super_method(frame, target, name, args, site)
            case _:
                return None

    def _super_method(
        self, frame: Frame, target: Value, name: str, args: Arguments, site: Site
    ) -> Value | None:
        """What a class of the program asks of the library's class that it is made of."""
        if isinstance(target, Statement):
            return self.method(frame, target, name, args, site)
        if not isinstance(target, Ref):
            return None
        session = frame.session(target)
        if session is not None:
            if name == "__init__":
                return subclasses.initialise(frame, target, session, args)
            return methods.method(frame, target, session, name, args, site)
        if name == "__init__" and frame.entity(target) is not None:
            mapped_objects.initialise(frame, target, args, site)
            return NONE
        return flask_sqlalchemy.initialise(frame, target, args) if name == "__init__" else None

    def _heap_method(self, frame: Frame, ref: Ref, name: str, args: Arguments, site: Site) -> Value | None:
        obj = frame.get(ref)
        match obj:
            case SessionObject():
                return methods.method(frame, ref, obj, name, args, site)
            case Instance() if obj.cls == factories.FACTORY:
                return factories.factory_method(frame, ref, obj, name, args, site)
            case Instance() if obj.cls == factories.TRANSACTION:
                return blocks.transaction_method(frame, ref, obj, name, args, site)
            case Instance(cls=External() as cls) if cls.leaf == "Pagination" and name == "__iter__":
                return obj.fields.get("items")
            case Instance() if obj.cls == shared_options.SHARED:
                return shared_options.method(
                    frame, ref, lambda option: options.method(frame, option, name, args, site)
                )
            case EntityObject():
                return mapped_objects.method(frame, ref, obj, name, args, site)
            case _:
                return None

    # ----------------------------------------------------------------- others

    def assign(self, frame: Frame, receiver: Value, name: str, value: Value, site: Site) -> bool:
        if not isinstance(receiver, Ref):
            return False
        session = frame.session(receiver)
        if session is not None:
            if name == "expire_on_commit" and isinstance(value, Const):
                frame.put(receiver, replace(session, expire_on_commit=bool(value.value)))
            elif name == "autoflush" and isinstance(value, Const):
                frame.put(receiver, replace(session, autoflush=bool(value.value)))
            return True
        return frame.entity(receiver) is not None and writes.write(frame, receiver, name, value, site)

    @noted
    def construct(self, frame: Frame, cls: ClassInfo, args: Arguments, site: Site) -> Value | None:
        if cls.qualname in frame.machine.graph.entities:
            return mapped_objects.construct(frame, cls, args, site)
        if flask_sqlalchemy.is_extension(frame.machine.program, cls):
            return flask_sqlalchemy.make(frame, cls, args, site)
        is_async = factories.is_session_class(frame, ClassValue(cls))
        if is_async is None:
            return None
        return subclasses.new_session(frame, cls, is_async=is_async, args=args, site=site)

    def annotated(
        self, frame: Frame, name: External | ClassInfo, arguments: tuple[ir.Expr, ...]
    ) -> Value | None:
        if isinstance(name, ClassInfo) and name.qualname in frame.machine.graph.entities:
            return frame.new(EntityObject(name.qualname, Base.UNKNOWN, Life.UNKNOWN))
        return factories.annotated(frame, name)

    @noted
    def enter(self, frame: Frame, value: Value, site: Site) -> Value | None:
        return blocks.enter(frame, value, site)

    def leave(self, frame: Frame, value: Value, site: Site, failed: bool) -> None:
        blocks.leave(frame, value, site, failed=failed)

    def entries(self, machine: Machine) -> Iterator[Entry]:
        return iter(())

    # ------------------------------------------------------------------- hooks

    def called(self, frame: Frame, info: FunctionInfo, env: dict[str, Value]) -> None:
        ignored.called(frame, info, env)

    def not_followed(self, frame: Frame, addresses: list[int], *, changing: bool) -> None:
        """Called when a call is left out that these objects were passed to.

        Args:
            changing: it may change them.
        """
        doubts.doubt_reached(frame, addresses, changing=changing)

    def seen_above(self, frame: Frame, facts: callers.Facts, addresses: list[int]) -> callers.Facts:
        return callers.seen_above(frame, facts, addresses)

    def conclude(self, machine: Machine) -> None:
        """What only the whole program shows."""
        demand.conclude(machine)
        found: tuple[Fact, ...] = (
            *probes.unguarded(machine),
            *ignored.misuses(machine),
            *usage.misuses(machine),
            *mappings.misuses(machine.graph, usage.Usage.of(machine).loaded()),
            *unresolved.reads(machine),
        )
        machine.collect(dict.fromkeys(found, ()), CONCLUDED)

    def commits(self, frame: Frame, manager: Value) -> bool:
        return blocks.is_transaction(frame, manager)

    def spread(self, frame: Frame, session: int, effect: str, passed: set[int], step: Step) -> None:
        lifecycle.spread(frame, session, effect, passed, step)

    def pick_one(self, frame: Frame, value: Value) -> Value | None:
        return related.pick_one(frame, value) if isinstance(value, Ref) else None

    def meet(self, frame: Frame, address: int, obj: EntityObject) -> None:
        notes.meet(frame, address, obj)

    def settled(
        self, frame: Frame, address: int, before: EntityObject | None, beside: Container[int]
    ) -> None:
        changes.settled(frame, address, before, beside)

    def appended(self, frame: Frame, owner: Ref, name: str, value: Value) -> None:
        """An object was appended to a relationship."""
        found = attributes.mapped(frame, owner)
        attribute = found[1].attributes.get(name) if found is not None else None
        if found is not None and isinstance(attribute, Relationship):
            frame.put(owner, replace(found[0], changed=found[0].changed | {name}))
            writes.attach(frame, owner, attribute, value)

    def note_loaded(self, frame: Frame) -> dict[int, SessionObject]:
        return notes.note_loaded(frame)

    def concurrent(self, frame: Frame, coroutines: tuple[Value, ...], site: Site) -> None:
        concurrency.share(frame, coroutines, site)

    def finished(self, frame: Frame, site: Site) -> None:
        concurrency.unshare(frame, site)
