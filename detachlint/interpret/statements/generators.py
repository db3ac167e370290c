"""Generator functions that are run statement by statement: the caller's block runs at each ``yield``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from detachlint.interpret.calls.closures import generator_frame
from detachlint.interpret.expressions.evaluate import evaluate
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import State
from detachlint.interpret.likeness.joining import merge
from detachlint.interpret.paths.attempts import Ending, Exit, Flow, attempt, simple
from detachlint.interpret.statements.assign import bind
from detachlint.interpret.statements.blocks import run_block
from detachlint.interpret.values import NONE, Generator, Unknown, Value
from detachlint.interpret.variables import cells
from detachlint.parse import ir

# Runs of one generator function inside each other, where loops go over them: each is inlined, and a recursive
# one with a few branches would not end.
MAX_NESTED = 4


def run_generator(
    frame: Frame,
    generator: Generator,
    start: State,
    on_yield: Callable[[Frame, Value, State], list[Ending]],
    *,
    loop: bool,
) -> Flow:
    """Run a generator function's body on the caller's heap; at each yield the caller's block runs.

    Args:
        loop: the block may run never or often (``for``); a context manager's runs exactly once.
    """
    inner, node = generator_frame(frame, generator, start)
    if inner is None or node is None:
        return [start], []
    machine, function = frame.machine, inner.function
    if loop and function is not None and machine.generating[function] >= MAX_NESTED:
        machine.cut_off(frame, "recursive calls")
        return [start], []
    inner.on_yield = on_yield
    inner.yields_to_loop = loop
    machine.inlined += 1
    machine.generating[function] += 1
    try:
        cells.wrap_parameters(inner)
        states, exits = run_block(inner, node.body, [inner.state])
    finally:
        machine.generating[function] -= 1
        machine.inlined -= 1
    ends: list[Exit] = [Exit("return", NONE, s) for s in states]
    ends += exits
    normal: list[State] = []
    out: list[Exit] = []
    for end in ends:
        suspended = end.state.suspended
        if suspended is None and not loop:
            if end.kind == "raise":
                out.append(Exit("raise", end.value, start.on_heap_of(end.state)))
            continue
        caller = (suspended if suspended is not None else start).on_heap_of(end.state)
        completion = end.state.completion
        closed = loop and completion is not None and completion[0] in ("return", "break")
        if end.kind == "raise" and not closed:
            out.append(Exit("raise", end.value, caller))
        elif completion is not None and completion[0] == "break":
            normal.append(caller)
        elif completion is not None and completion[0] == "return":
            out.append(Exit("return", completion[1], caller))
        elif completion is not None and completion[0] == "continue":
            out.append(Exit("continue", NONE, caller))
        else:
            normal.append(caller)
    frame.facts.update({f: h for f, h in inner.facts.items() if f not in frame.facts})
    return normal, out


def run_yield(frame: Frame, node: ir.Yield, state: State, targets: tuple[ir.Expr, ...]) -> Flow:
    """A yield that is a statement of its own: the caller's block runs here."""
    assert frame.on_yield is not None
    value_node = node.value
    done, exits = attempt(frame, state, lambda: NONE if value_node is None else evaluate(frame, value_node))
    normal: list[State] = []
    for value, before in done:
        for kind, result, after in frame.on_yield(frame, value, before):
            resumed = before.on_heap_of(after)
            resumed.suspended = after
            resumed.completion = (kind, result)
            if kind == "normal":
                for target in targets:
                    more, left = simple(frame, resumed, partial(_bind_sent, frame, target))
                    exits += left
                    normal += more
                if not targets:
                    normal.append(resumed)
            elif kind == "raise":
                exits.append(Exit("raise", result, resumed))
            elif frame.yields_to_loop:
                exits.append(Exit("raise", Unknown("generator closed", type="GeneratorExit"), resumed))
            else:
                normal.append(resumed)  # leaving a with-block by return or break ends its manager normally
    return merge(frame, normal), exits


def _bind_sent(frame: Frame, target: ir.Expr) -> None:
    bind(frame, target, frame.unknown("sent value"))
