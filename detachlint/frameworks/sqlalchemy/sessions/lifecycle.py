"""What the end of a transaction or of a session does to its objects: commit, rollback, close.

Sources: orm/session_state_management.html, orm/session_basics.html, orm/cascades.html.
"""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import Cause, Event, Step
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.sessions import events
from detachlint.frameworks.sqlalchemy.sessions.flush import flush, flush_one
from detachlint.frameworks.sqlalchemy.sessions.leaving import leaving
from detachlint.frameworks.sqlalchemy.sessions.objects import detached, each_of, record, step_here
from detachlint.interpret.frame import Frame, shorten
from detachlint.interpret.heap import Base, EntityObject, Life


def commit(frame: Frame, session: int, site: Site) -> None:
    """Flush, run the listeners, and expire what the session holds if it does so."""
    obj = frame.session(session)
    if obj is None:
        return
    events.before_commit(frame, session, site)
    flush(frame, session, site, effect=False)
    events.after_commit(frame, session, site)
    for address, entity in each_of(frame, session):
        step = Step(site, "expired by this commit", Event.EXPIRED)
        frame.put(address, _committed(entity, obj.expire_on_commit, step_here(frame, address, step)))
    record(frame, session, "commit", active=False)


def _committed(obj: EntityObject, expires: bool, step: Step) -> EntityObject:
    if obj.life is Life.DELETED:
        # Without expire_on_commit the session keeps deleted objects until it is closed.
        return replace(obj, life=Life.DETACHED, session=None) if expires else obj
    base = Base.STORED if obj.base is Base.FRESH else obj.base
    obj = replace(obj, touched=False)
    if not expires or obj.life is not Life.PERSISTENT:
        return replace(obj, base=base)
    return expired(replace(obj, base=base), Cause.EXPIRED_COMMIT, step)


def expired(obj: EntityObject, cause: Cause, step: Step) -> EntityObject:
    """The object with nothing loaded, as ``cause`` says."""
    if obj.life is Life.UNKNOWN:
        return obj
    return replace(
        obj,
        attributes={},
        expired=cause,
        changed=frozenset(),
        history=shorten((*obj.history, step)),
    )


def rollback(frame: Frame, session: int, site: Site) -> None:
    """Expire what was there before the transaction, and let go what was added in it."""
    obj = frame.session(session)
    if obj is None:
        return
    step = Step(site, "expired by this rollback", Event.EXPIRED)
    for address, entity in each_of(frame, session):
        changed = _rolled_back(entity, step_here(frame, address, step), active=obj.active)
        if changed is not None:
            frame.put(address, changed)
    if obj.active:
        record(frame, session, "rollback", active=False)


def _rolled_back(obj: EntityObject, step: Step, *, active: bool) -> EntityObject | None:
    if obj.life is Life.PENDING or (obj.base is Base.FRESH and obj.life is Life.PERSISTENT):
        return replace(obj, life=Life.TRANSIENT, session=None)
    if not active:
        return None
    if obj.life in (Life.PERSISTENT, Life.DELETED):
        return expired(replace(obj, life=Life.PERSISTENT), Cause.EXPIRED_ROLLBACK, step)
    return None


def savepoint_rollback(frame: Frame, session: int, site: Site) -> None:
    """Only what changed inside the savepoint is expired; what is known of that: flushed or unflushed
    changes.
    """
    step = Step(site, "expired by the rollback of this savepoint", Event.EXPIRED)
    for address, obj in each_of(frame, session):
        if obj.life is Life.PENDING or (obj.base is Base.FRESH and obj.touched):
            frame.put(address, replace(obj, life=Life.TRANSIENT, session=None, touched=False))
        elif obj.changed or obj.touched:
            known = step_here(frame, address, step)
            frame.put(address, expired(replace(obj, touched=False), Cause.EXPIRED_ROLLBACK, known))


def savepoint_release(frame: Frame, session: int) -> None:
    """The outermost savepoint ended well: a later one has nothing to do with what changed in it."""
    for address, obj in each_of(frame, session):
        if obj.touched:
            frame.put(address, replace(obj, touched=False))


def close(frame: Frame, session: int, site: Site, message: str = "its session is closed here") -> None:
    """Detach what the session holds, and end its transaction."""
    moment = frame.unknown("departure")
    for address, obj in leaving(frame, each_of(frame, session)):
        frame.put(address, detached(obj, Step(site, message), moment))
    record(frame, session, "close", active=False, open=False)


def spread(frame: Frame, session: int, effect: str, passed: set[int], step: Step) -> None:
    """Apply what a call did to a session to those of its objects that the call never saw."""
    obj = frame.session(session)
    if obj is None:
        return
    if effect in ("commit", "rollback", "expire"):
        step = step._replace(event=Event.EXPIRED)
    objects = each_of(frame, session, passed)
    if effect in ("close", "expunge"):
        objects = leaving(frame, objects)
    for address, entity in objects:
        step = step_here(frame, address, step)
        match effect:
            case "commit":
                changed: EntityObject | None = entity
                if entity.life is Life.PENDING:
                    flush_one(frame, address, entity, step.site)
                    changed = frame.entity(address)
                if changed is not None:
                    frame.put(address, _committed(changed, obj.expire_on_commit, step))
            case "rollback":
                rolled = _rolled_back(entity, step, active=True)
                if rolled is not None:
                    frame.put(address, rolled)
            case "close" | "expunge":
                frame.put(address, detached(entity, step))
            case "flush":
                flush_one(frame, address, entity, step.site)
            case "expire":
                frame.put(address, expired(entity, Cause.EXPIRED, step))
            case _:
                pass
