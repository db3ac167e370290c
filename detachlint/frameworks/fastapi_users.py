"""FastAPI Users: its database adapter for SQLAlchemy, and the methods of a user manager, which the program's
class inherits and whose hooks (``on_after_register`` ...) it overrides.

Source: https://fastapi-users.github.io/fastapi-users/latest/configuration/user-manager/. The adapter is that
of fastapi-users-db-sqlalchemy 6 and 7: after a commit it refreshes the user, without names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detachlint.domain.source import Site
from detachlint.frameworks.base import Nothing
from detachlint.interpret.calls.invoke import call, call_member, settle
from detachlint.interpret.frame import Arguments, Frame, InfeasibleError
from detachlint.interpret.framework import Entry
from detachlint.interpret.heap import Dictionary, Instance
from detachlint.interpret.machine import Machine
from detachlint.interpret.objects.annotation import value_of_class
from detachlint.interpret.objects.attribute import call_method, find_method, get_attribute
from detachlint.interpret.paths.attempts import attempt
from detachlint.interpret.statements.assign import store_attribute
from detachlint.interpret.values import (
    FALSE,
    NONE,
    TRUE,
    Awaitable,
    ClassValue,
    Const,
    Library,
    Member,
    Partial,
    Ref,
    Super,
    Tuple,
    Unknown,
    Value,
)
from detachlint.parse import ir
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import ClassInfo, External, FunctionInfo

_ROOTS = frozenset({"fastapi_users", "fastapi_users_db_sqlalchemy"})
_ADAPTER = "SQLAlchemyUserDatabase"
_MANAGER = "BaseUserManager"
# What gives the dependencies of the current user -> where it takes the dependency of the manager.
_AUTHENTICATES = {"FastAPIUsers": 0, "Authenticator": 1}
_GIVES_MANAGER = "get_user_manager"
_CURRENT = External("fastapi_users.<current user>")
_FIELDS = ("session", "user_table", "oauth_account_table")
_FINDS = frozenset({"get", "get_by_email", "get_by_oauth_account"})
# Method of a manager -> the hook that it ends with, for those that look a user up and change it.
_CHANGES = {
    "update": "on_after_update",
    "verify": "on_after_verify",
    "reset_password": "on_after_reset_password",
}
_LOOKS_UP = {
    "authenticate": "on_after_login",
    "request_verify": "on_after_request_verify",
    "forgot_password": "on_after_forgot_password",
}
_MANAGES = frozenset({"create", "oauth_callback", "delete", *_FINDS, *_CHANGES, *_LOOKS_UP})
_ADAPTS = frozenset({"create", "update", "delete", "add_oauth_account", *_FINDS})


class FastApiUsers(Nothing):
    """Implements the Framework protocol."""

    def call(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
        if name.root not in _ROOTS:
            return None
        if name == _CURRENT:
            return Awaitable(_current_user(frame, args, site))
        if name.leaf in _AUTHENTICATES and (manager := _manager_of(name, args)) is not None:
            return frame.new(Instance(name, {_GIVES_MANAGER: manager}))
        if name.leaf != _ADAPTER:
            return None
        given = {f: v for i, f in enumerate(_FIELDS) if (v := args.get(f, i)) is not None}
        return frame.new(Instance(name, given))

    def annotated(
        self, frame: Frame, name: External | ClassInfo, arguments: tuple[ir.Expr, ...]
    ) -> Value | None:
        if not isinstance(name, External) or name.root not in _ROOTS or name.leaf != _ADAPTER:
            return None
        return _adapter(frame, frame.unknown("class of the users"))

    def member(self, frame: Frame, receiver: Value, name: str, site: Site) -> Value | None:
        if not isinstance(receiver, Ref) or (name != "user_db" and name not in _MANAGES):
            return None
        instance = frame.instance(receiver)
        if instance is None or not isinstance(instance.cls, ClassInfo) or name in instance.fields:
            return None
        if (
            not _is_manager(frame.machine.program, instance.cls)
            or find_method(frame, instance.cls, name) is not None
        ):
            return None
        return Member(receiver, name) if name != "user_db" else _user_db(frame, receiver, instance)

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        if isinstance(receiver, Super) and isinstance(receiver.receiver, Ref):
            return self._of_base(frame, receiver.receiver, name, args, site)
        instance = frame.instance(receiver)
        if instance is None or not isinstance(receiver, Ref):
            return None
        if isinstance(instance.cls, External):
            if instance.cls.leaf in _AUTHENTICATES and instance.cls.root in _ROOTS:
                return _dependency(instance, name, args)
            return _adapt(frame, receiver, name, args, site) if instance.cls.leaf == _ADAPTER else None
        if name in _MANAGES and _is_manager(frame.machine.program, instance.cls):
            return _manage(frame, receiver, name, args, site)
        return None

    @staticmethod
    def _of_base(frame: Frame, ref: Ref, name: str, args: Arguments, site: Site) -> Value | None:
        """``super().create(...)``, ``super().__init__(user_db)``."""
        instance = frame.instance(ref)
        if instance is None or not isinstance(instance.cls, ClassInfo):
            return None
        if not _is_manager(frame.machine.program, instance.cls):
            return None
        user_db = args.get("user_db", 0)
        if name == "__init__" and user_db is not None:
            store_attribute(frame, ref, "user_db", user_db, ir.Opaque(site.node))
            return NONE
        return _manage(frame, ref, name, args, site) if name in _MANAGES else None

    @staticmethod
    def requires(frame: Frame, callee: Value) -> dict[str, Value] | None:
        """What the dependency of the current user depends on: parameter -> dependency."""
        if not isinstance(callee, Partial) or callee.func != Library(_CURRENT):
            return None
        return {"user_manager": dict(callee.keywords)[_GIVES_MANAGER]}

    def entries(self, machine: Machine) -> Iterator[Entry]:
        for cls in list(machine.program.classes.values()):
            if _is_manager(machine.program, cls):
                yield from (_Managed(cls, name) for name in ("create", *_CHANGES, *_LOOKS_UP, "delete"))


@dataclass(frozen=True, slots=True)
class _Managed:
    """A route of the library calls a method of the manager."""

    cls: ClassInfo
    name: str

    @property
    def function(self) -> FunctionInfo | None:
        return None

    def run(self, frame: Frame) -> None:
        frame.module = self.cls.module
        site = Site(self.cls.module.path, self.cls.node.n)

        def action() -> Value:
            manager = value_of_class(frame, self.cls)
            method = get_attribute(frame, manager, self.name, self.cls.node)
            return settle(frame, call(frame, method, Arguments(splat=True), site))

        attempt(frame, frame.state, action)


def _is_manager(program: Program, cls: ClassInfo) -> bool:
    return any(b.leaf == _MANAGER and b.root in _ROOTS for b in program.external_bases(cls))


def _manager_of(name: External, args: Arguments) -> Value | None:
    return args.get(_GIVES_MANAGER, _AUTHENTICATES[name.leaf])


def _dependency(users: Instance, name: str, args: Arguments) -> Value | None:
    """``fastapi_users.current_user(active=True)``: what is called for each request."""
    if name not in ("current_user", "current_user_token"):
        return None
    optional = args.get("optional", 0)
    given = {
        _GIVES_MANAGER: users.fields[_GIVES_MANAGER],
        "optional": optional if optional is not None else FALSE,
        "with_token": Const(name == "current_user_token"),
    }
    return Partial(Library(_CURRENT), (), tuple(given.items()))


def _current_user(frame: Frame, args: Arguments, site: Site) -> Value:
    """The user that the token names, out of the manager's session; none, if that is allowed."""
    manager, given = args.get("user_manager"), dict(args.keywords)
    user: Value = NONE
    if given["optional"] == FALSE or frame.choose(2) == 0:
        get = get_attribute(frame, manager or frame.unknown("manager"), "get", ir.Opaque(site.node))
        user = frame.split(settle(frame, call(frame, get, Arguments((frame.unknown("id"),)), site)))
        if user == NONE:
            raise InfeasibleError
    return Tuple((user, frame.unknown("token"))) if given["with_token"] == TRUE else user


def _user_db(frame: Frame, ref: Ref, manager: Instance) -> Value:
    """What the manager was made with, or an adapter for the class that its base class names."""
    given = manager.fields.get("args")
    if isinstance(given, Tuple) and given.items:
        return given.items[0]
    assert isinstance(manager.cls, ClassInfo)
    adapter = _adapter(frame, _user_class(frame, manager.cls))
    store_attribute(frame, ref, "user_db", adapter, manager.cls.node)
    return adapter


def _adapter(frame: Frame, users: Value) -> Ref:
    session: Value = frame.unknown("session")
    for framework in frame.machine.that_know("annotated"):
        found = framework.annotated(frame, External("sqlalchemy.ext.asyncio.AsyncSession"), ())
        if found is not None:
            session = found
            break
    name = External(f"fastapi_users_db_sqlalchemy.{_ADAPTER}")
    return frame.new(Instance(name, {"session": session, "user_table": users}))


def _user_class(frame: Frame, cls: ClassInfo) -> Value:
    """``User`` of ``BaseUserManager[User, UUID]``."""
    program = frame.machine.program
    for each in program.mro(cls):
        for base, node in program.bases(each) if isinstance(each, ClassInfo) else ():
            if isinstance(base, External) and base.leaf == _MANAGER and isinstance(node, ir.Subscript):
                first = node.index.items[0] if isinstance(node.index, ir.Display) else node.index
                symbol = program.resolve(each.module, first) if isinstance(each, ClassInfo) else None
                if isinstance(symbol, ClassInfo):
                    return ClassValue(symbol)
    return frame.unknown("class of the users")


def _adapt(frame: Frame, ref: Ref, name: str, args: Arguments, site: Site) -> Value | None:
    """A method of the adapter."""
    adapter = frame.instance(ref)
    if adapter is None or name not in _ADAPTS:
        return None
    session, users = adapter.fields.get("session"), adapter.fields.get("user_table")
    if session is None or not isinstance(users, ClassValue):
        return Awaitable(frame.unknown("user"))
    if name in _FINDS:
        return Awaitable(_found(frame, session, users, site))
    if name == "create":
        user = call(frame, users, _constructor(frame, args.get("create_dict", 0)), site)
    else:
        user = frame.split(args.get("user", 0) or frame.unknown("user"))
    if name == "delete":
        settle(frame, call_member(frame, session, "delete", Arguments((user,)), site))
        settle(frame, call_member(frame, session, "commit", Arguments(), site))
        return Awaitable(NONE)
    call_member(frame, session, "add", Arguments((user,)), site)
    settle(frame, call_member(frame, session, "commit", Arguments(), site))
    if name != "add_oauth_account":
        settle(frame, call_member(frame, session, "refresh", Arguments((user,)), site))
    return Awaitable(user)


def _constructor(frame: Frame, attributes: Value | None) -> Arguments:
    """What the class of the users is called with, for the adapter's dictionary."""
    given = frame.get(attributes) if attributes is not None else None
    if not isinstance(given, Dictionary) or given.rest is not None:
        return Arguments(splat=True)
    named = [(key.value, value) for key, value in given.entries if isinstance(key, Const)]
    keywords = tuple((name, value) for name, value in named if isinstance(name, str))
    return Arguments((), keywords, splat=len(keywords) < len(given.entries))


def _attributes_of(frame: Frame, schema: Value | None, users: Value) -> Value:
    """The dictionary that ``create`` makes of what it is given: the columns that are set there."""
    instance = frame.instance(schema)
    cls = users.info.qualname if isinstance(users, ClassValue) else ""
    entity = frame.machine.graph.entities.get(cls)
    if instance is None or instance.declared or entity is None:
        return frame.unknown("attributes of a user")
    columns = {column.name for column in entity.columns} - {"id"}
    given = {name: value for name, value in instance.fields.items() if name in columns}
    given["hashed_password"] = frame.unknown("password")
    return frame.new(Dictionary(tuple((Const(name), value) for name, value in given.items())))


def _found(frame: Frame, session: Value, users: ClassValue, site: Site) -> Value:
    statement = call(frame, Library(External("sqlalchemy.select")), Arguments((users,)), site)
    condition = Unknown("condition", frame.machine.fresh_symbol())
    statement = call_member(frame, statement, "where", Arguments((condition,)), site)
    result = settle(frame, call_member(frame, session, "execute", Arguments((statement,)), site))
    unique = call_member(frame, result, "unique", Arguments(), site)
    return frame.split(call_member(frame, unique, "scalar_one_or_none", Arguments(), site))


def _manage(frame: Frame, ref: Ref, name: str, args: Arguments, site: Site) -> Value:
    """A method of the manager: what the adapter does, then the hook."""
    user_db = get_attribute(frame, ref, "user_db", ir.Opaque(site.node))
    request: Value = frame.unknown("request")

    def ask(method: str, *given: Value) -> Value:
        function = get_attribute(frame, user_db, method, ir.Opaque(site.node))
        return settle(frame, call(frame, function, Arguments(given), site))

    def hook(method: str, *given: Value) -> None:
        made = call_method(frame, ref, method, Arguments(given, splat=True), site)
        if made is not None:
            settle(frame, made)

    def existing(method: str = "get") -> Value:
        user = ask(method, frame.unknown("key of a user"))
        if user == NONE:
            raise InfeasibleError
        return user

    if name in _FINDS:
        return Awaitable(existing(name))
    if name in ("create", "oauth_callback"):
        adapter = frame.instance(user_db)
        users = adapter.fields.get("user_table", NONE) if adapter is not None else NONE
        made_of = args.get("user_create", 0) if name == "create" else None
        user = ask("create", _attributes_of(frame, made_of, users))
        hook("on_after_register", user, request)
    elif name in _CHANGES:
        given = args.get("user", 1) if name == "update" else None
        user = ask("update", given if given is not None else existing(), frame.unknown("attributes"))
        hook(_CHANGES[name], user)
    elif name == "delete":
        user = args.get("user", 0) or existing()
        hook("on_before_delete", user, request)
        ask("delete", user)
        hook("on_after_delete", user, request)
    else:
        given = args.get("user", 0) if name != "authenticate" else None
        user = given if given is not None else existing("get_by_email")
        hook(_LOOKS_UP[name], user)
    return Awaitable(user if name != "delete" else NONE)
