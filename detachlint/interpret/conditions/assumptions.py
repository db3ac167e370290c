"""Conditions that do not fork: a path is taken on which they hold."""

from __future__ import annotations

from contextlib import suppress

from detachlint.interpret.conditions.decide import decide
from detachlint.interpret.frame import Frame, InfeasibleError, RaisedError
from detachlint.interpret.heap import State
from detachlint.interpret.paths.choices import Choices
from detachlint.parse import ir
from detachlint.parse.walk import own_nodes


def assume(frame: Frame, tests: tuple[ir.Expr, ...]) -> bool | None:
    """Take a path on which all tests hold, if there is one (for the conditions of comprehensions, which do
    not fork).

    True: they hold for sure; None: they may; False: they can't.
    """
    if not tests:
        return True
    saved, start = frame.choices, frame.state
    choices = Choices()
    while True:
        frame.choices = choices
        frame.state = start.fork()
        try:
            decided = [decide(frame, test) for test in tests]
            if all(decided):
                break
        except InfeasibleError:
            pass
        if not choices.advance():
            frame.choices = saved
            _restore(start, frame.state)
            frame.state = start
            return False
    found, is_sure = frame.state, not choices.trail
    if _skips(tests):
        _try_others(frame, tests, start, choices)
    frame.choices = saved
    _restore(start, found)
    frame.state = start
    return True if is_sure else None


def _skips(tests: tuple[ir.Expr, ...]) -> bool:
    """Whether the first path may pass by a part of the tests: ``or``, and ``if`` expressions."""
    return any(
        isinstance(n, ir.IfExp) or (isinstance(n, ir.BoolOp) and n.op == "or") for n in own_nodes(tests)
    )


def _try_others(frame: Frame, tests: tuple[ir.Expr, ...], start: State, choices: Choices) -> None:
    """Other objects pass the tests, or fail them, by their other parts, for what is read there. No path goes
    on from here.
    """
    while choices.advance():
        frame.state = start.fork()
        with suppress(InfeasibleError, RaisedError):
            for test in tests:
                decide(frame, test)


def _restore(into: object, source: object) -> None:
    """Give ``into`` the content of ``source`` (others hold the state object itself)."""
    assert isinstance(into, State)
    assert isinstance(source, State)
    into.env, into.heap = source.env, source.heap
    into.next_address, into.assumptions = source.next_address, source.assumptions
    into.learnt = source.learnt
