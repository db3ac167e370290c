"""Sessions and transactions as context managers."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.sessions import flush, lifecycle
from detachlint.frameworks.sqlalchemy.sessions.factories import TRANSACTION
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Instance
from detachlint.interpret.values import NONE, Ref, Value


def enter(frame: Frame, manager: Value, site: Site) -> Value | None:
    """``with session``, ``with session.begin()``, ``with factory.begin()``."""
    entered = frame.session(manager)
    if entered is not None and isinstance(manager, Ref):
        if entered.left:
            frame.put(manager, replace(entered, left=False))
        return manager
    instance = frame.instance(manager)
    if instance is not None and instance.cls == TRANSACTION:
        session = instance.fields["session"]
        live = frame.session(session)
        if live is not None and isinstance(session, Ref):
            block = live.block if "nested" in instance.fields else "open"
            frame.put(session, replace(live, active=True, block=block))
        return session if "owns" in instance.fields else manager
    return None


def transaction_method(
    frame: Frame, ref: Ref, obj: Instance, name: str, args: Arguments, site: Site
) -> Value | None:
    """A method of what ``session.begin()`` and ``begin_nested()`` give."""
    session = obj.fields["session"]
    if not isinstance(session, Ref):
        return None
    match name:
        case "commit" if "nested" not in obj.fields:
            lifecycle.commit(frame, session.address, site)
            ended_inside(frame, session)
        case "rollback" if "nested" not in obj.fields:
            lifecycle.rollback(frame, session.address, site)
            ended_inside(frame, session)
        case "start" | "__enter__" | "__aenter__":
            return enter(frame, ref, site)
        case "__exit__" | "__aexit__":
            leave(frame, ref, site, failed=is_failure(args))
        case "rollback" | "commit":
            end_savepoint(frame, session, site, failed=name == "rollback")
        case _:
            pass
    return NONE


def leave(frame: Frame, manager: Value, site: Site, *, failed: bool) -> None:
    """The ``with`` block of a session or of a transaction is left."""
    live = frame.session(manager)
    if live is not None and isinstance(manager, Ref):
        _end(frame, manager, site)
        return
    instance = frame.instance(manager)
    if instance is None or instance.cls != TRANSACTION:
        return
    session = instance.fields["session"]
    live = frame.session(session)
    if live is None or not isinstance(session, Ref):
        return
    if "nested" in instance.fields:
        end_savepoint(frame, session, site, failed=failed)
        return
    if failed:
        lifecycle.rollback(frame, session.address, site)
    else:
        lifecycle.commit(frame, session.address, site)
    after = frame.session(session)
    if after is not None:
        frame.put(session, replace(after, block=""))
    if "owns" in instance.fields:
        _end(frame, session, site)


def ended_inside(frame: Frame, session: Ref) -> None:
    """The program itself has ended the transaction that a ``begin()`` block is to end.

    Source: orm/session_transaction.html#framing-out-a-begin-commit-rollback-block.
    """
    live = frame.session(session)
    if live is not None and live.block == "open":
        frame.put(session, replace(live, block="ended"))


def is_transaction(frame: Frame, manager: Value) -> bool:
    """Whether leaving the block commits, or releases a savepoint."""
    instance = frame.instance(manager)
    return instance is not None and instance.cls == TRANSACTION


def is_failure(args: Arguments) -> bool:
    """Whether ``__exit__(type, error, traceback)`` is told of an exception."""
    return bool(args.positional) and args.positional[0] != NONE


def end_savepoint(frame: Frame, session: Ref, site: Site, *, failed: bool) -> None:
    """The savepoint is rolled back or released."""
    live = frame.session(session)
    if live is None or live.nested == 0:
        return  # it has ended inside its block
    if failed:
        lifecycle.savepoint_rollback(frame, session.address, site)
    else:
        flush.flush(frame, session.address, site)
        if live.nested <= 1:
            lifecycle.savepoint_release(frame, session.address)
    after = frame.session(session)
    if after is not None:
        frame.put(session, replace(after, nested=max(0, after.nested - 1)))


def _end(frame: Frame, session: Ref, site: Site) -> None:
    """The block of the session is left."""
    lifecycle.close(frame, session.address, site, "its session ends with this block")
    live = frame.session(session)
    if live is not None:
        frame.put(session, replace(live, left=True))
