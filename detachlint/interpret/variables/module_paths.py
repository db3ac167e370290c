"""A module runs once. Where its body has several ways, one state goes on that answers for all of them."""

from __future__ import annotations

from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import State
from detachlint.interpret.values import NONE, Const, Unknown, Value


def one_way(frame: Frame, states: list[State]) -> State:
    """The state in which a module goes on behind a statement.

    A variable that is None on one way and something on another is that something: a program whose database is
    switched off does not query. One that has several constants is any of them. Of other values the first one
    is taken: of an ``if`` its own branch, of a ``try`` what it gives where nothing is raised.
    """
    first = states[0]
    if len(states) == 1:
        return first
    for name in dict.fromkeys(name for state in states for name in state.env):
        first.env[name] = _of_all(frame, [state.env[name] for state in states if name in state.env])
    first.assumptions.clear()
    first.learnt = {}
    return first


def _of_all(frame: Frame, values: list[Value]) -> Value:
    distinct = list(dict.fromkeys(values))
    made = [value for value in distinct if value != NONE] or distinct
    if len(made) > 1 and all(isinstance(value, Const) for value in made):
        return Unknown("depends on the path", frame.machine.fresh_symbol())
    return made[0]
