"""``with``: the block between entering and leaving its managers, the outer one first."""

from __future__ import annotations

from functools import partial

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.interpret.expressions.evaluate import evaluate
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import State
from detachlint.interpret.likeness.joining import merge
from detachlint.interpret.paths.attempts import Ending, Exit, Flow, attempt, simple
from detachlint.interpret.statements import exceptions
from detachlint.interpret.statements.assign import bind
from detachlint.interpret.statements.blocks import run_block
from detachlint.interpret.statements.generators import run_generator
from detachlint.interpret.statements.managers import can_fail, enter_value, leave_value
from detachlint.interpret.values import NONE, Generator, Unknown, Value
from detachlint.parse import ir


def run_with(frame: Frame, node: ir.With, state: State) -> Flow:
    return _from_item(frame, node, 0, state)


def _from_item(frame: Frame, node: ir.With, index: int, state: State) -> Flow:
    """The managers from ``index`` on, and the block."""
    if index == len(node.items):
        return run_block(frame, node.body, [state])
    expression, _ = node.items[index]
    normal: list[State] = []
    done, exits = attempt(frame, state, lambda: frame.split(evaluate(frame, expression)))
    for manager, start in done:
        inside = _in_generator if isinstance(manager, Generator) else _in_manager
        after, out = inside(frame, node, index, manager, start)
        normal += after
        exits += out
    return merge(frame, normal), exits


def _in_generator(frame: Frame, node: ir.With, index: int, manager: Value, start: State) -> Flow:
    """A generator-based manager: the rest of the statement runs at its ``yield``."""
    assert isinstance(manager, Generator)
    target = node.items[index][1]

    def on_yield(inner: Frame, value: Value, at: State) -> list[Ending]:
        begin = start.on_heap_of(at)
        states = [begin]
        left: list[Exit] = []
        if target is not None:
            states, left = simple(frame, begin, lambda: bind(frame, target, value))
        ends: list[Ending] = []
        for each in states:
            after, out = _from_item(frame, node, index + 1, each)
            left += out
            ends += [("normal", NONE, s) for s in after]
        ends += [(e.kind, e.value, e.state) for e in left]
        return ends

    return run_generator(frame, manager, start, on_yield, loop=False)


def _in_manager(frame: Frame, node: ir.With, index: int, manager: Value, start: State) -> Flow:
    expression, target = node.items[index]
    site = frame.site(expression)
    normal: list[State] = []
    exits: list[Exit] = []

    def enter() -> None:
        value = enter_value(frame, manager, site)
        if target is not None:
            bind(frame, target, value)

    entered, left = simple(frame, start, enter)
    exits += left
    for inside in entered:
        outer_guards = frame.guards
        frame.guards = outer_guards | exceptions.suppressed(frame, manager, expression)
        after, out = _from_item(frame, node, index + 1, inside)
        frame.guards = outer_guards
        for each in after:
            ends, left = simple(frame, each, partial(leave_value, frame, manager, site, failed=False))
            normal += ends
            exits += left
            exits += _refused(frame, manager, site, each)
        for item in out:
            failed = item.kind == "raise"
            ends, left = simple(frame, item.state, partial(leave_value, frame, manager, site, failed=failed))
            exits += [replace(item, state=s) for s in ends]
            exits += left
            if failed and exceptions.suppresses(manager):
                normal += ends
    return normal, exits


def _refused(frame: Frame, manager: Value, site: Site, state: State) -> list[Exit]:
    """The block has ended well, but a commit at its end may be refused; asked only where a ``try`` around it
    makes something of that.
    """
    if not frame.tries:
        return []

    def leave() -> bool:
        if not can_fail(frame, manager):
            return False
        leave_value(frame, manager, site, failed=True)
        return True

    ends, _ = attempt(frame, state, leave)
    return [Exit("raise", Unknown("exception"), after) for refused, after in ends if refused]
