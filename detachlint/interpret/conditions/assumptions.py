"""Conditions that do not fork: a path is taken on which they hold."""

from __future__ import annotations

from detachlint.interpret.conditions.decide import decide
from detachlint.interpret.frame import Frame, InfeasibleError
from detachlint.interpret.heap import State
from detachlint.interpret.paths.choices import Choices
from detachlint.parse import ir


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
    frame.choices = saved
    _restore(start, frame.state)
    frame.state = start
    return None if choices.trail else True


def _restore(into: object, source: object) -> None:
    """Give ``into`` the content of ``source`` (others hold the state object itself)."""
    assert isinstance(into, State)
    assert isinstance(source, State)
    into.env, into.heap = source.env, source.heap
    into.next_address, into.assumptions = source.next_address, source.assumptions
    into.learnt = source.learnt
