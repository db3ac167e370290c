"""The objects of a session, and what is noted of it for callers."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from detachlint.domain.facts import Step
from detachlint.interpret.frame import Frame, shorten
from detachlint.interpret.heap import EntityObject, Life, merge_effects
from detachlint.interpret.values import Ref, Tuple, Union, Value, alternatives


def each_of(frame: Frame, session: int, passed: set[int] | None = None) -> Iterable[tuple[int, EntityObject]]:
    """The entities of a session on this path's heap; ``passed``: those are left out."""
    return [
        (address, obj)
        for address, obj in frame.entities()
        if obj.session == session and (passed is None or address not in passed)
    ]


def record(
    frame: Frame, session: int, effect: str, *, active: bool | None = None, open: bool | None = None
) -> None:
    """Note the effect for objects that only the callers know.

    Args:
        active: whether the session is in a transaction now; None: as before.
        open: whether it can be used as it is; None: as before.
    """
    obj = frame.session(session)
    if obj is not None:
        changed = replace(
            obj,
            effects=merge_effects(obj.effects, (effect,)),
            active=obj.active if active is None else active,
            open=obj.open if open is None else open,
        )
        frame.put(session, changed)


def touch(frame: Frame, session: int) -> None:
    """The session has begun a transaction."""
    obj = frame.session(session)
    if obj is not None and (not obj.active or not obj.open):
        frame.put(session, replace(obj, active=True, open=True))


def targets(frame: Frame, value: Value | None) -> list[Ref]:
    """The entities behind an argument: one, or those of a list, which may hold itself."""
    found: list[Ref] = []
    seen: set[Value] = set()
    todo: list[Value | None] = [value]
    while todo:
        item = todo.pop()
        match item:
            case Union():
                todo.extend(reversed(alternatives(item)))
            case Tuple(items=items):
                todo.extend(reversed(items))
            case Ref() if frame.entity(item) is not None:
                found.append(item)
            case Ref() if item not in seen:
                seen.add(item)
                sequence = frame.sequence(item)
                if sequence is not None:
                    todo.append(sequence.rest)
                    todo.extend(reversed(sequence.items))
            case _:
                pass
    return found


def step_here(frame: Frame, address: int, step: Step) -> Step:
    """The step, with how this function calls the object and its session."""
    obj = frame.entity(address)
    session = obj.session if obj is not None else None
    return step._replace(handle=_handle_of(frame, address), session=_session_of(frame, session))


def _session_of(frame: Frame, session: int | None) -> str:
    """``session`` or ``self.session``, or ""."""
    if session is None:
        return ""
    for name, value in frame.state.env.items():
        if isinstance(value, Ref) and value.address == session:
            return name
        owner = frame.instance(value)
        for field, inner in owner.fields.items() if owner is not None else ():
            if isinstance(inner, Ref) and inner.address == session:
                return f"{name}.{field}"
    return ""


def _handle_of(frame: Frame, address: int) -> str:
    """The variable of this function that holds the object, or, with a star in front, the one that holds the
    list of such objects; "" without either.
    """
    here = [(n, v) for n, v in frame.state.env.items() if isinstance(v, Ref)]
    direct = next((name for name, value in here if value.address == address), "")
    if direct:
        return direct
    for name, value in here:
        held = frame.sequence(value)
        if held is not None and held.kind != "iterator" and held.rest == Ref(address) and not held.items:
            return f"*{name}"
    return ""


def detached(obj: EntityObject, step: Step, left: Value | None = None) -> EntityObject:
    """The object without its session.

    Args:
        left: the moment, so that objects which left at different ones are told apart.
    """
    if obj.life is Life.PENDING:
        return replace(obj, life=Life.TRANSIENT, session=None)
    if obj.life is Life.TRANSIENT:
        return obj
    return replace(obj, life=Life.DETACHED, session=None, left=left, history=shorten((*obj.history, step)))
