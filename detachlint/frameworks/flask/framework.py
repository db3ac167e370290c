"""The door to Flask, Quart and Flask-SQLAlchemy's shortcuts."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from types import MappingProxyType

from detachlint.domain.source import Site
from detachlint.frameworks.base import Nothing
from detachlint.frameworks.decorators import entries_of
from detachlint.frameworks.flask import contexts
from detachlint.frameworks.flask.request_globals import RequestGlobals
from detachlint.frameworks.flask.resources import resources
from detachlint.frameworks.flask.user import CurrentUser
from detachlint.frameworks.flask.views import BEFORE, HANDLERS, View, handlers_of, sets_globals
from detachlint.frameworks.handover import request_sessions, run_later
from detachlint.frameworks.syntax import call_at, called_name
from detachlint.interpret.calls.invoke import call_member
from detachlint.interpret.entering import enter_within
from detachlint.interpret.expressions.iterate import generator_elements
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.framework import Entry
from detachlint.interpret.heap import Instance
from detachlint.interpret.likeness.canonical import canonicalise
from detachlint.interpret.machine import Machine
from detachlint.interpret.objects.attribute import get_attribute
from detachlint.interpret.values import (
    NONE,
    Function,
    Generator,
    Library,
    Member,
    Ref,
    Unknown,
    Value,
    alternatives,
)
from detachlint.interpret.variables.module_heap import reaches_local
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External

_ROOTS = frozenset({"flask", "quart"})
_REGISTERS = frozenset(
    {"route", "get", "post", "put", "patch", "delete", "websocket", "command", "errorhandler"}
    | {"before_request", "after_request", "teardown_request", "teardown_appcontext", "context_processor"}
    | {"before_app_request", "after_app_request", "app_context_processor", "app_errorhandler"}
    | {"url_value_preprocessor", "app_url_value_preprocessor"}
    | {"template_filter", "app_template_filter", "template_global", "app_template_global"}
)
_APPLICATIONS = ("flask", "quart", "flask_smorest", "flask_openapi3", "apiflask")
_LIBRARIES = {
    **dict.fromkeys(_APPLICATIONS, _REGISTERS),
    "flask_login": frozenset({"user_loader", "request_loader"}),
    "flask_jwt_extended": frozenset({"user_lookup_loader"}),
}
_CONTEXTS = frozenset({"app_context", "test_request_context", "request_context"})
_STREAM = "streamed response"


class Flask(Nothing):
    """Implements the Framework protocol."""

    def __init__(self) -> None:
        self._user = CurrentUser()
        self._globals = RequestGlobals()
        self._local: dict[tuple[object, ...], View] = {}
        self._started = False
        self._before: list[Function] = []
        self._handlers: tuple[tuple[ClassInfo, Function], ...] = ()

    # ------------------------------------------------------------------- calls

    def call(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
        if name.root in _ROOTS:
            match name.leaf:
                case "Response" | "make_response" | "response_class" | "stream_with_context":
                    return self._streamed(frame, args.get("response", 0), site)
                case "jsonify":
                    return self._json(frame, args, site)
                case "app_context" | "test_request_context":
                    return contexts.new_context(frame, name.leaf)  # on ``current_app``
                case _:
                    return None
        return self._shortcut(frame, name, args, site)

    def _shortcut(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
        """``db.get_or_404(User, 1)``, ``db.first_or_404(select(User))``, ``db.paginate(select(User))``."""
        sessions = request_sessions(frame.machine)
        if name.root != "sqlalchemy" or not sessions:
            return None
        session = Ref(sessions[0])
        if name.leaf == "get_or_404":
            return call_member(frame, session, "get_one", args, site)
        if name.leaf not in ("first_or_404", "one_or_404", "paginate"):
            return None
        statement = args.get("statement", 0) or args.get("select", 0)
        if statement is None:
            return None
        rows = call_member(frame, session, "scalars", Arguments((statement,)), site)
        if name.leaf != "paginate":
            return call_member(frame, rows, "one", Arguments(), site)
        rows = call_member(frame, rows, "unique", Arguments(), site)
        items = call_member(frame, rows, "all", Arguments(), site)
        return frame.new(Instance(External("flask_sqlalchemy.Pagination"), {"items": items}))

    @staticmethod
    def _streamed(frame: Frame, body: Value | None, site: Site) -> Value:
        """``Response(generator())``: the body is written when the view's context has ended, with its session.

        ``stream_with_context`` pushes the contexts anew after that: what the view loaded is detached all the
        same (Flask 3.1.3; earlier ones kept the contexts).
        """
        if not isinstance(body, Generator):
            return frame.unknown("response")

        def action() -> Value:
            for session in request_sessions(frame.machine):
                contexts.end_session(frame, session, site, "the request ends before its response is streamed")
            generator_elements(frame, body)
            return NONE

        run_later(frame, (body,), _STREAM, site, action)
        return frame.unknown("response")

    @staticmethod
    def _json(frame: Frame, args: Arguments, site: Site) -> Value:
        """Dataclasses, mapped ones too, are written with all their attributes; generators are run."""
        todo = [(value, 0) for value in args.all]
        while todo:
            value, depth = todo.pop()
            if isinstance(value, Generator):
                todo.append((generator_elements(frame, value).joined(), depth))
            sequence, mapping = frame.sequence(value), frame.dictionary(value)
            if frame.entity(value) is not None:
                for framework in frame.machine.that_know("method"):
                    if framework.method(frame, value, "__asdict__", Arguments(), site) is not None:
                        break
            elif sequence is not None and depth < 4:
                several = (*sequence.items, *([sequence.rest] if sequence.rest is not None else []))
                todo += [(each, depth + 1) for each in several]
            elif mapping is not None and depth < 4:
                todo += [(each, depth + 1) for _, each in mapping.entries]
        return frame.unknown("response")

    # ----------------------------------------------------------------- methods

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        if self._globals.names(receiver):
            return self._globals.method(frame, name, args)
        if name == "add_url_rule":
            view = args.get("view_func", 2)
            for option in alternatives(view) if view is not None else ():
                if isinstance(option, Function):
                    self._add(frame, option)
            return NONE
        if not isinstance(receiver, (Unknown, Member)):
            return None
        if name in _CONTEXTS:
            return contexts.new_context(frame, name)
        if name == "response_class":
            return self._streamed(frame, args.get("response", 0), site)
        return None

    def member(self, frame: Frame, receiver: Value, name: str, site: Site) -> Value | None:
        if self._globals.names(receiver):
            return self._globals.member(frame, name)
        if not self._user.names(receiver):
            return None
        user = self._user.entity(frame)
        if user is None:
            return None
        if name == "_get_current_object":
            return Library(External("flask_login.current_user._get_current_object"))
        return get_attribute(frame, user, name, ir.Opaque(site.node))

    def enter(self, frame: Frame, value: Value, site: Site) -> Value | None:
        return contexts.enter(frame, value, site)

    def leave(self, frame: Frame, value: Value, site: Site, failed: bool) -> None:
        contexts.leave(frame, value, site)

    def assign(self, frame: Frame, receiver: Value, name: str, value: Value, site: Site) -> bool:
        if not self._globals.names(receiver):
            return False
        self._globals.store(frame, name, value)
        return True

    def decorated(self, frame: Frame, decorator: Value, function: Function, site: Site) -> Value | None:
        node = call_at(frame.machine, site)
        name = called_name(node.func) if node is not None else _written(function, site)
        if "<locals>" not in function.info.qualname or name not in _REGISTERS or not _uses(frame):
            return None
        if name in BEFORE:
            if sets_globals(function.info) and not reaches_local(function):
                self._before.append(function)
        else:
            self._add(frame, function)
        return function

    def _add(self, frame: Frame, function: Function) -> None:
        """A view, with what there is when it is registered.

        An application that is made anew (``create_app()`` in each test) has the same views again, though each
        holds the objects of its own application.
        """
        situation = canonicalise(frame.machine.exact_shapes, (function,), frame.state.heap).key
        if situation in self._local:
            return
        heap = MappingProxyType(dict(frame.state.heap))
        view = View(
            function,
            tuple(self._before),
            self._handlers,
            heap=heap,
            next_address=frame.state.next_address,
        )
        self._local[situation] = view
        if self._started:
            enter_within(frame, view)

    def entries(self, machine: Machine) -> Iterator[Entry]:
        found = [(name, entry) for name, entry in entries_of(machine, _LIBRARIES)]
        self._started = True
        before = tuple(self._before) + tuple(
            Function(entry.function)
            for name, entry in found
            if name in BEFORE and entry.function.owner is None and sets_globals(entry.function)
        )
        self._handlers = tuple(handlers_of(machine.program, (entry.function for _, entry in found)))
        surrounded = bool(before or self._handlers)
        for name, entry in found:
            is_view = name not in BEFORE | HANDLERS and entry.function.owner is None
            function = Function(entry.function)
            yield View(function, before, self._handlers) if surrounded and is_view else entry
        for cls, method in resources(machine):
            yield View(Function(method), before, self._handlers, cls)
        for view in self._local.values():
            yield dataclasses.replace(view, before=before, handlers=self._handlers)


def _written(function: Function, site: Site) -> str:
    """The name of a decorator without a call: ``@app.before_request``."""
    return next((called_name(d) for d in function.info.node.decorators if d.n == site.node), "")


def _uses(frame: Frame) -> bool:
    return any(
        isinstance(node, ir.ImportFrom) and node.module.partition(".")[0] in _APPLICATIONS
        for node in frame.module.ir.body
    )
