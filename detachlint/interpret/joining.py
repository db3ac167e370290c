"""Paths that meet again: those that differ in nothing that matters become one."""

from __future__ import annotations

from detachlint.interpret.canonical import reachable
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import EntityObject, SessionObject, State
from detachlint.interpret.likeness import likeness
from detachlint.interpret.values import Const, Ref, Unknown, Value

MAX_STATES = 6


def merge(
    frame: Frame, states: list[State], following: int | None = None, most: int = MAX_STATES
) -> list[State]:
    """Paths that differ in nothing that matters are one path; past a bound the rest is dropped, and counted.

    Args:
        following: ordinal of the statement that comes next: variables that are not named from there on are
            forgotten.
    """
    if len(states) <= 1:
        return states
    if following is not None and frame.function is not None and not frame.namespace:
        uses = frame.machine.mentions.last_uses(frame.function.node)
        first = frame.function.node.params[0].name if frame.function.node.params else ""
        for state in states:
            for name in [n for n in state.env if uses.get(n, -1) < following and n != first and n[0] != "<"]:
                if not _holds_entity(state.env[name], state):
                    del state.env[name]
    by_key: dict[object, State] = {}
    for state in states:
        key = state_likeness(state)
        known = by_key.get(key)
        if known is None:
            by_key[key] = state
        else:
            _join(frame, known, state)
    merged = list(by_key.values())
    if len(merged) > most:
        frame.machine.counts["paths over the bound"] += 1
        merged = merged[:most]
    return merged


def _holds_entity(value: Value, state: State) -> bool:
    """Whether a variable keeps objects alive in the identity map of an asynchronous session."""
    if isinstance(value, (Unknown, Const)):
        return False
    for address in reachable([value], state.heap):
        obj = state.heap[address]
        if isinstance(obj, EntityObject) and obj.session is not None:
            session = state.heap.get(obj.session)
            if isinstance(session, SessionObject) and session.is_async:
                return True
    return False


def state_likeness(state: State) -> object:
    names: list[str] = []
    roots: list[Value] = []
    current: State | None = state
    prefix = ""
    while current is not None:
        for name in sorted(current.env):
            value = current.env[name]
            if isinstance(value, Unknown) or (
                isinstance(value, Const)
                and isinstance(value.value, (str, int, float))
                and value.value not in (True, False)
            ):
                continue
            names.append(prefix + name)
            roots.append(value)
        if current.completion is not None:
            names.append(prefix + current.completion[0])
            roots.append(current.completion[1])
        prefix += "^"
        current = current.suspended
    for address in sorted([a for a in state.heap if a < 0]):  # what was put into objects of the modules
        names.append(str(address))
        roots.append(Ref(address))
    return (tuple(names), likeness(roots, state.heap))


def _join(frame: Frame, into: State, other: State) -> None:
    for name in sorted({*into.env, *other.env}):
        mine, theirs = into.env.get(name), other.env.get(name)
        if mine != theirs and (mine is None or theirs is None or isinstance(mine, (Unknown, Const))):
            into.env[name] = frame.unknown("depends on the path")
    into.assumptions = {k: v for k, v in into.assumptions.items() if other.assumptions.get(k) == v}
