"""Running a step of a path: once for each combination of choices, with the ways that it can end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct

from detachlint.interpret.frame import Frame, InfeasibleError, RaisedError
from detachlint.interpret.heap import State
from detachlint.interpret.paths.choices import MAX_CHOICES, Choices
from detachlint.interpret.values import Value

# Statements times paths that one activation may cost; past it one path is followed to the end.
MAX_WORK = 1000

Result = TypeVar("Result")


class Exit(Struct, frozen=True):
    """A path that leaves the block: ``kind`` is return, raise, break or continue."""

    kind: str
    value: Value
    state: State


Flow = tuple[list[State], list[Exit]]
Ending = tuple[str, Value, State]


def is_exhausted(frame: Frame) -> bool:
    """Whether the activation, or all of its entry point, has cost so much that only one path is followed to
    the end.
    """
    machine = frame.machine
    return machine.work > MAX_WORK * machine.slack or machine.is_overspent


def attempt(
    frame: Frame, state: State, action: Callable[[], Result], *, all_ways: bool = False
) -> tuple[list[tuple[Result, State]], list[Exit]]:
    """Run ``action`` on copies of ``state``, once for each combination of choices.

    Args:
        all_ways: also where the activation has cost too much to follow more than one.
    """
    choices = Choices()
    done: list[tuple[Result, State]] = []
    exits: list[Exit] = []
    saved = frame.choices, frame.state
    while True:
        frame.state = state.fork()
        frame.choices = choices
        try:
            value = action()
            done.append((value, frame.state))
        except RaisedError as raised:
            exits.append(Exit("raise", raised.value, frame.state))
        except InfeasibleError:
            pass
        frame.machine.work += 1
        frame.machine.spent += 1
        if (done and not all_ways and is_exhausted(frame)) or not choices.advance():
            break
    if choices.trail and choices.attempts >= MAX_CHOICES:
        frame.machine.cut_off(frame, "choices over the bound")
    frame.choices, frame.state = saved
    return done, exits


def simple(frame: Frame, state: State, action: Callable[[], object]) -> Flow:
    """Like ``attempt``, for what gives no value."""
    done, exits = attempt(frame, state, action)
    return [s for _, s in done], exits
