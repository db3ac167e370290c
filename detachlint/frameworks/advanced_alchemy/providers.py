"""What makes services for dependency injection: ``create_service_provider(Service, load=[...])``, and
``Service.new(...)``.

Source: advanced_alchemy/extensions/litestar/providers.py and service/_async.py of 1.12.
"""

from __future__ import annotations

from detachlint.domain.source import Site
from detachlint.frameworks.advanced_alchemy.parts import kind_of
from detachlint.frameworks.litestar.providers import SESSIONS, provide
from detachlint.interpret.calls.invoke import call
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, Instance
from detachlint.interpret.values import ClassValue, Const, Library, Partial, Value
from detachlint.resolve.symbols import External

_PROVIDER = "create_service_provider"
_PROVIDERS = "create_service_dependencies"
_FILTERS = "create_filter_dependencies"
_SERVICE = External("advanced_alchemy.<provided service>")
_SESSION_NAME = "db_session"
BLOCK = External("advanced_alchemy.<block of a service>")
NEW = "new"


def call_provider(frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
    """A call of something that the library gives for dependency injection."""
    if name == _SERVICE:
        given = tuple((k, v) for k, v in args.keywords if k != _SESSION_NAME)
        session = args.get(_SESSION_NAME)
        with_session = given if session is None else (*given, ("session", session))
        return call(frame, args.positional[0], Arguments((), with_session), site)
    if name.leaf == _FILTERS:
        return frame.new(Dictionary(()))
    if name.leaf not in (_PROVIDER, _PROVIDERS):
        return None
    service = args.get("service_class", 0)
    if not isinstance(service, ClassValue):
        return None
    kept = tuple((k, v) for k, v in args.keywords if k in ("load", "statement"))
    made = Partial(Library(_SERVICE), (service,), kept)
    if name.leaf == _PROVIDER:
        return made
    key = args.get("key", 1)
    provider = provide(frame, Arguments((made,)))
    return frame.new(Dictionary(((key, provider),) if isinstance(key, Const) else ()))


def requirements(frame: Frame, callee: Value) -> dict[str, Value] | None:
    """A service that is provided has the session of the request."""
    if not isinstance(callee, Partial) or callee.func != Library(_SERVICE):
        return None
    service = callee.args[0]
    kind = kind_of(frame, service.info) if isinstance(service, ClassValue) else None
    return {_SESSION_NAME: SESSIONS["AsyncSession" if kind is None or kind.is_async else "Session"]}


def new_service(frame: Frame, cls: ClassValue, args: Arguments, site: Site) -> Value:
    """``Service.new(session=..., load=...)``: a block that gives a service."""
    given = tuple((k, v) for k, v in args.keywords if k in ("session", "load", "statement"))
    first = (("session", args.positional[0]),) if args.positional else ()
    made = call(frame, cls, Arguments((), (*first, *given)), site)
    return frame.new(Instance(BLOCK, {"service": made}))
