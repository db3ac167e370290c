"""Sessions and queries of the program's own classes: ``class MySession(AsyncSession)``, ``query_class=``."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.sessions import factories
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import SessionObject
from detachlint.interpret.objects.attribute import call_method, find_method
from detachlint.interpret.values import NONE, Function, Ref, Statement, Value
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import ClassInfo, FunctionInfo

_QUERIES = frozenset({"Query", "BaseQuery"})


def new_session(frame: Frame, cls: ClassInfo, *, is_async: bool, args: Arguments, site: Site) -> Ref:
    """``MySession(...)``: its own constructor says what it passes on."""
    if find_method(frame, cls, "__init__") is None:
        return factories.new_session(frame, is_async=is_async, args=args, site=site, cls=cls.qualname)
    made = factories.new_session(
        frame, is_async=is_async, args=Arguments(splat=True), site=site, cls=cls.qualname
    )
    call_method(frame, made, "__init__", args, site)
    return made


def initialise(frame: Frame, ref: Ref, session: SessionObject, args: Arguments) -> Value:
    """``super().__init__(...)`` in a session class's constructor."""
    expires, flushes = args.flag("expire_on_commit"), args.flag("autoflush")
    configured = replace(
        session,
        expire_on_commit=session.expire_on_commit if expires is None else expires,
        autoflush=session.autoflush if flushes is None else flushes,
    )
    frame.put(ref, configured)
    return NONE


def has_member(frame: Frame, session: SessionObject, name: str) -> bool:
    """Whether the class of the session, or a base of it in the program, defines the name."""
    cls = frame.machine.program.classes.get(session.cls)
    program = frame.machine.program
    return cls is not None and any(
        isinstance(base, ClassInfo) and name in program.members(base) for base in program.mro(cls)
    )


def query_method(frame: Frame, query: Statement, name: str, args: Arguments, site: Site) -> Value | None:
    """A method that the program's own query class adds to ``Query``."""
    if name.startswith("__"):
        return None
    from detachlint.interpret.calls.invoke import call

    method = frame.machine.note(_QueryMethods, lambda: _methods(frame.machine.program)).get(name)
    return None if method is None else call(frame, Function(method, query), args, site)


class _QueryMethods(dict[str, FunctionInfo]):
    """By name: what the program's query classes define."""


def _methods(program: Program) -> _QueryMethods:
    found = _QueryMethods()
    for cls in program.classes.values():
        if any(base.leaf in _QUERIES for base in program.external_bases(cls)):
            for name in program.members(cls):
                method = program.method(cls, name)
                if method is not None:
                    found.setdefault(name, method)
    return found
