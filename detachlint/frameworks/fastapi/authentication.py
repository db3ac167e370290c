"""Starlette's ``AuthenticationMiddleware``: its backend gives each request a user.

Source: starlette/middleware/authentication.py.
"""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.interpret.calls.invoke import settle
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Instance, State
from detachlint.interpret.likeness.joining import merge
from detachlint.interpret.objects.attribute import call_method
from detachlint.interpret.paths.attempts import attempt
from detachlint.interpret.values import NONE, Library, Ref, Tuple, Value
from detachlint.interpret.variables.module_heap import reaches_local


def backend_of(frame: Frame, args: Arguments) -> Ref | None:
    """The backend that ``add_middleware(AuthenticationMiddleware, backend=...)`` installs for all."""
    cls = args.positional[0] if args.positional else args.get("middleware_class")
    if not isinstance(cls, Library) or cls.name.leaf != "AuthenticationMiddleware":
        return None
    backend = args.get("backend")
    instance = frame.instance(backend)
    if instance is None or not isinstance(backend, Ref):
        return None
    if not reaches_local(backend):
        return backend
    fields = {name: value for name, value in instance.fields.items() if not reaches_local(value)}
    return frame.machine.module_heap.allocate(Instance(instance.cls, fields, declared=True))


def authenticated(frame: Frame, backend: Ref, request: Ref, state: State, site: Site) -> list[State]:
    """The request with its user, on each way in which the backend gives one that it knows."""

    def action() -> Value:
        made = call_method(frame, backend, "authenticate", Arguments((request,)), site)
        found = settle(frame, made) if made is not None else None
        user = found.items[1] if isinstance(found, Tuple) and len(found.items) == 2 else None
        instance = frame.instance(request)
        if user is not None and instance is not None and isinstance(user, Ref):
            frame.put(request, replace(instance, fields={**instance.fields, "user": user}))
        return user if user is not None else NONE

    done, _ = attempt(frame, state, action)
    return merge(frame, [after for user, after in done if isinstance(user, Ref)]) or [state]
