"""Blocks of statements. What each kind of statement does is registered here by ``execute``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import State, told
from detachlint.interpret.likeness.joining import merge
from detachlint.interpret.paths.attempts import Exit, Flow, is_exhausted
from detachlint.interpret.statements import loop_exits
from detachlint.parse import ir

Statement = Callable[[Frame, Any, State], Flow]

_JOINS = (ir.If, ir.For, ir.While, ir.Try, ir.With, ir.Match)
_STATEMENTS: dict[type[ir.Node], Statement] = {}


def register(statements: Mapping[type[ir.Node], Statement]) -> None:
    """Say what these kinds of statements do; all others do nothing."""
    _STATEMENTS.update(statements)


def run_block(frame: Frame, block: ir.Block, states: list[State]) -> Flow:
    """Run the statements on all paths: those that reach the end, and those that leave before."""
    exits: list[Exit] = []
    leaving = loop_exits.of(frame).leaving
    for index, statement in enumerate(block):
        if not states:
            break
        run = _STATEMENTS.get(type(statement))
        if run is None:
            continue
        if len(states) > 1 and is_exhausted(frame):
            states = [max(states, key=lambda state: told(state.heap))]
        after: list[State] = []
        if statement.n in leaving:
            for state in states:
                loop_exits.settle(frame, state, statement.n)
        for state in states:
            normal, left = run(frame, statement, state)
            after += normal
            exits += left
        if len(after) > len(states) or type(statement) in _JOINS:
            following = block[index + 1].n if index + 1 < len(block) else None
            after = merge(frame, after, following)
        states = after
    return states, exits
