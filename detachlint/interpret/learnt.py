"""What a path has learnt of unknown values by testing them, wherever it holds them: a function that was given
a flag takes one of two ways, and its caller, who tests the same flag again, is on the same one.

Texts of conditions (``State.assumptions``) say the same within one function, of conditions that are no single
values.
"""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.interpret.heap import State
from detachlint.interpret.values import Const, Learnt, Unknown, Value


def truth(learnt: Learnt, value: Unknown) -> bool | None:
    """The truth value that a test has shown."""
    if value.truth is not None or not value.symbol or not learnt:
        return value.truth
    known = learnt.get((value.symbol, None))
    if known is not None:
        return known
    for (symbol, constant), holds in learnt.items():
        if symbol == value.symbol and constant is not None and holds:
            return bool(constant.value)
    return None


def same(learnt: Learnt, value: Unknown, constant: Const) -> bool | None:
    """Whether the value is that constant, where a comparison has shown it."""
    if not value.symbol or not learnt:
        return None
    known = learnt.get((value.symbol, constant))
    if known is not None:
        return known
    if any(s == value.symbol and c is not None and holds for (s, c), holds in learnt.items()):
        return False  # it is another one
    if not constant.value and truth(learnt, value):
        return False
    return None


def as_known(learnt: Learnt, value: Unknown) -> Value:
    """The value with what tests have shown of it."""
    if not value.symbol or not learnt:
        return value
    for (symbol, constant), holds in learnt.items():
        if symbol == value.symbol and constant is not None and holds:
            return constant
    shown = truth(learnt, value)
    return value if shown is value.truth else replace(value, truth=shown)


def learn(state: State, value: Value, constant: Const | None, holds: bool) -> None:
    """A test has shown whether a value is true, or is a constant.

    Args:
        constant: None for the test of its truth.
    """
    if isinstance(value, Unknown) and value.symbol:
        state.learnt = {**state.learnt, (value.symbol, constant): holds}


def agreed(mine: Learnt, theirs: Learnt) -> Learnt:
    """What two paths that become one both know."""
    if mine is theirs or not mine:
        return mine
    return {k: v for k, v in mine.items() if theirs.get(k) is v}


def forget(state: State, before: Learnt) -> None:
    """A loop goes on with another element, for which the same unknown value stands: what was learnt since
    it began may be of that.
    """
    if state.learnt is not before:
        state.learnt = {k: v for k, v in state.learnt.items() if k in before}


def contradicts(learnt: Learnt, value: Value, constant: Const | None, holds: bool) -> bool:
    """Whether a path that is known to be otherwise can't have shown this of the value."""
    known: bool | None = None
    match value, constant:
        case Unknown(), None:
            known = truth(learnt, value)
        case Unknown(), Const():
            known = same(learnt, value, constant)
        case Const(inner), None:
            known = bool(inner)
        case Const(), Const():
            known = value == constant
        case _:
            pass
    return known is not None and known is not holds
