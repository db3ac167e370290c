"""What a path has learnt of unknown values by testing them, wherever it holds them: a function that was given
a flag takes one of two ways, and its caller, who tests the same flag again, is on the same one.

Texts of conditions (``State.assumptions``) say the same within one function, of conditions that are no single
values.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from detachlint.interpret.heap import State
from detachlint.interpret.values import IS_TRUE, Const, Learnt, Test, Unknown, Value

_ANSWER = "answer"


def shown(learnt: Learnt, value: Unknown, test: Test) -> bool | None:
    """Whether the test holds, as far as the tests that were made say that."""
    if not value.symbol or not learnt:
        return value.truth if test == IS_TRUE else None
    known = learnt.get((value.symbol, test))
    if known is not None:
        return known
    if test == IS_TRUE:
        for asked, of, positive in _answers(learnt, value.symbol):
            known = shown(learnt, of, asked)
            if known is not None:
                return known is positive
    for constant in _equal(learnt, value.symbol):
        return holds(test, constant)
    if test == IS_TRUE:
        return value.truth
    if test.kind == "is" and not test.against[0].value and shown(learnt, value, IS_TRUE):
        return False
    return None


def _equal(learnt: Learnt, symbol: int) -> Iterator[Const]:
    """The constant that a value was found to be."""
    for (each, test), known in learnt.items():
        if each == symbol and test.kind == "is" and known:
            yield test.against[0]


def holds(test: Test, constant: Const) -> bool | None:
    """Whether a test of a constant holds; None where comparing is an error."""
    value = constant.value
    try:
        match test.kind:
            case "true":
                return bool(value)
            case "is":
                return constant == test.against[0]
            case "in":
                return constant in test.against
            case "has":
                return bool(test.against[0].value in value)  # type: ignore[operator]
            case "<":
                return bool(value < test.against[0].value)  # type: ignore[operator]
            case _:
                return bool(value > test.against[0].value)  # type: ignore[operator]
    except TypeError:
        return None


def as_known(learnt: Learnt, value: Unknown) -> Value:
    """The value with what tests have shown of it."""
    if not value.symbol or not learnt:
        return value
    for constant in _equal(learnt, value.symbol):
        return constant
    truth = shown(learnt, value, IS_TRUE)
    return value if truth is value.truth else replace(value, truth=truth)


def learn(state: State, value: Value, test: Test, known: bool) -> None:
    """A test has shown something of a value."""
    if isinstance(value, Unknown) and value.symbol:
        state.learnt = {**state.learnt, (value.symbol, test): known}
        if test == IS_TRUE:
            for asked, of, positive in _answers(state.learnt, value.symbol):
                learn(state, of, asked, known is positive)


def answer(state: State, value: Unknown, of: Value, test: Test, *, positive: bool) -> Unknown:
    """``value`` is the answer of a test of another one (``full = not slim``): who learns the one learns
    the other.
    """
    if isinstance(of, Unknown) and of.symbol and value.symbol:
        kept = Test(_ANSWER, (Const(of.symbol), Const(test.kind), *test.against))
        state.learnt = {**state.learnt, (value.symbol, kept): positive}
    return value


def _answers(learnt: Learnt, symbol: int) -> list[tuple[Test, Unknown, bool]]:
    """The tests, and of what, that a value is the answer of; False: it says the contrary."""
    return [
        (Test(str(test.against[1].value), test.against[2:]), Unknown("tested", int(number)), positive)
        for (each, test), positive in learnt.items()
        if each == symbol and test.kind == _ANSWER and isinstance(number := test.against[0].value, int)
    ]


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


def contradicts(learnt: Learnt, value: Value, test: Test, known: bool) -> bool:
    """Whether a path that is known to be otherwise can't have shown this of the value."""
    match value:
        case Unknown():
            mine = shown(learnt, value, test)
        case Const():
            mine = holds(test, value)
        case _:
            return False
    return mine is not None and mine is not known
