"""``with``: entering and leaving context managers."""

from __future__ import annotations

from detachlint.domain.source import Site
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.values import NONE, Awaitable, Ref, Unknown, Value
from detachlint.resolve.symbols import ClassInfo


def enter_value(frame: Frame, manager: Value, site: Site) -> Value:
    """What ``as`` is bound to."""
    for framework in frame.machine.frameworks:
        value = framework.enter(frame, manager, site)
        if value is not None:
            return value
    if _is_own(frame, manager):
        from detachlint.interpret.attribute import call_method
        from detachlint.interpret.invoke import settle

        for name in ("__aenter__", "__enter__"):
            found = call_method(frame, manager, name, Arguments(), site)
            if found is not None:
                return settle(frame, found)
    if isinstance(manager, Awaitable):
        return manager.value
    return manager if isinstance(manager, Ref) else Unknown("context manager of a library")


def leave_value(frame: Frame, manager: Value, site: Site, *, failed: bool) -> None:
    """The block is left; ``failed``: by an exception."""
    for framework in frame.machine.frameworks:
        framework.leave(frame, manager, site, failed)
    if _is_own(frame, manager):
        from detachlint.interpret.attribute import call_method
        from detachlint.interpret.invoke import settle

        error: Value = Unknown("exception", truth=True) if failed else NONE
        for name in ("__aexit__", "__exit__"):
            found = call_method(frame, manager, name, Arguments((error, error, error)), site)
            if found is not None:
                settle(frame, found)
                return


def _is_own(frame: Frame, manager: Value) -> bool:
    instance = frame.instance(manager)
    return instance is not None and isinstance(instance.cls, ClassInfo)
