"""``for`` and ``while``."""

from __future__ import annotations

from functools import partial

from detachlint.interpret.conditions.decide import decide
from detachlint.interpret.expressions.evaluate import evaluate
from detachlint.interpret.expressions.iterate import Elements, elements_of, mark_empty, still
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import State
from detachlint.interpret.likeness.joining import merge, state_likeness
from detachlint.interpret.paths.attempts import Ending, Exit, Flow, attempt, is_exhausted, simple
from detachlint.interpret.paths.learnt import forget
from detachlint.interpret.statements import loop_exits
from detachlint.interpret.statements.assign import bind
from detachlint.interpret.statements.blocks import run_block
from detachlint.interpret.statements.generators import run_generator
from detachlint.interpret.statements.other_elements import has_expired, keep_attached, set_apart
from detachlint.interpret.values import NONE, Generator, Value
from detachlint.parse import ir

MAX_HEADS = 3
MAX_ROUNDS = 3


def run_while(frame: Frame, node: ir.While, state: State) -> Flow:
    heads = [state]
    seen: set[object] = set()
    finished: list[State] = []
    broken: list[State] = []
    exits: list[Exit] = []
    for _ in range(_rounds(frame)):
        fresh = [h for h in merge(frame, heads, most=MAX_HEADS) if not _known(frame, h, seen)]
        if not fresh:
            break
        for head in fresh:
            forget(head, state.learnt)
        true: list[State] = []
        for head in fresh:
            done, left = attempt(frame, head, lambda: decide(frame, node.test))
            exits += left
            true += [s for truth, s in done if truth]
            finished += [s for truth, s in done if not truth]
        heads, breaks = _loop_body(frame, node.body, true, exits)
        broken += breaks
    if not _is_true(node.test):
        finished += heads
    normal, left = _end(frame, node, finished, broken)
    return normal, exits + left


def _rounds(frame: Frame) -> int:
    return 1 if is_exhausted(frame) else MAX_ROUNDS


def _is_true(test: ir.Expr) -> bool:
    return isinstance(test, ir.Const) and bool(test.value)


def _known(frame: Frame, state: State, seen: set[object]) -> bool:
    key = state_likeness(frame.machine.coarse_shapes, state)
    if key in seen:
        return True
    seen.add(key)
    return False


def _loop_body(
    frame: Frame, body: ir.Block, states: list[State], exits: list[Exit]
) -> tuple[list[State], list[State]]:
    """(states at the next head, states after a break); other exits go to ``exits``."""
    normal, left = run_block(frame, body, merge(frame, states))
    breaks: list[State] = []
    for item in left:
        if item.kind == "continue":
            normal.append(item.state)
        elif item.kind == "break":
            breaks.append(item.state)
        else:
            exits.append(item)
    return normal, breaks


def run_for(frame: Frame, node: ir.For, state: State) -> Flow:
    finished: list[State] = []
    broken: list[State] = []
    done, exits = attempt(frame, state, lambda: _iterable(frame, node))
    for iterable, start in done:
        if isinstance(iterable, tuple):
            finished += _for_each_of(frame, node, iterable, start, broken, exits)
        elif isinstance(iterable, Generator):
            after, out = _for_generator(frame, node, iterable, start)
            if node.orelse:  # it may have been left by a break
                broken += [state.fork() for state in after]
            finished += after
            exits += out
        else:
            finished += _for_elements(frame, node, iterable, start, broken, exits)
    normal, left = _end(frame, node, finished, broken)
    return normal, exits + left


def _end(frame: Frame, node: ir.For | ir.While, finished: list[State], broken: list[State]) -> Flow:
    """Behind a loop that no other one repeats, a variable holds one object of those that it went over.

    Args:
        broken: paths that have left the loop by ``break``, and run past its ``else``.
    """
    last = loop_exits.of(frame).loops.get(node.n)
    if last is not None:
        for state in (*finished, *broken):
            loop_exits.settle(frame, state, last + 1)
    if not node.orelse:
        return merge(frame, finished + broken), []
    normal, exits = run_block(frame, node.orelse, merge(frame, finished))
    return merge(frame, normal + broken), exits


def _iterable(frame: Frame, node: ir.For) -> Generator | Elements | tuple[Elements, ...]:
    """What the loop goes over; several where it goes over one after the other."""
    match node.iter:
        case ir.Display(kind="tuple" | "list", items=items) if (
            sum(isinstance(i, ir.Starred) for i in items) > 1
        ):
            return tuple(_part(frame, each) for each in items)
        case _:
            pass
    value = frame.split(evaluate(frame, node.iter))
    if isinstance(value, Generator):
        return value
    return elements_of(frame, value, frame.site(node.iter))


def _part(frame: Frame, node: ir.Expr) -> Elements:
    """What one item of a display adds to it."""
    if isinstance(node, ir.Starred):
        return elements_of(frame, frame.split(evaluate(frame, node.value)), frame.site(node))
    return Elements((evaluate(frame, node),), None)


def _for_each_of(
    frame: Frame,
    node: ir.For,
    parts: tuple[Elements, ...],
    start: State,
    broken: list[State],
    exits: list[Exit],
) -> list[State]:
    """``for x in (*a, *b)`` is the loop over the one and then that over the other."""
    kept = {
        f"<iterable {node.n} {i}>": part.source for i, part in enumerate(parts) if part.source is not None
    }
    start.env.update(kept)
    states = [start]
    for part in parts:
        ends: list[State] = []
        for state in states:
            ends += _for_elements(frame, node, still(state, part), state, broken, exits)
        states = merge(frame, ends)
    for state in (*states, *broken):
        for name in kept:
            state.env.pop(name, None)
    return states


def _for_elements(
    frame: Frame,
    node: ir.For,
    elements: Elements,
    start: State,
    broken: list[State],
    exits: list[Exit],
) -> list[State]:
    """The paths that end the loop; those that leave it otherwise go to ``broken`` and ``exits``."""
    finished: list[State] = []
    hidden = f"<iterable {node.n}>"
    if elements.source is not None:
        start.env[hidden] = elements.source  # the loop itself keeps what it goes over alive
    heads = [start]
    for item in elements.items:
        states: list[State] = []
        for head in heads:
            normal, left = simple(frame, head, partial(bind, frame, node.target, item))
            states += normal
            exits += left
        heads, breaks = _loop_body(frame, node.body, states, exits)
        broken += breaks
    if elements.rest is None:
        return heads
    rest = elements.rest
    if not elements.nonempty:
        # Once is not never: a path that skipped this loop must skip the next one over the same collection
        # too, and one that did not must not.
        for head in heads:
            skipped = head.fork()
            mark_empty(skipped, elements.source)
            finished.append(skipped)
            mark_empty(head, elements.source, empty=False)
    seen: set[object] = set()
    for _ in range(_rounds(frame)):
        fresh = [h for h in merge(frame, heads, most=MAX_HEADS) if not _known(frame, h, seen)]
        if not fresh:
            break
        states = []
        for head in fresh:
            forget(head, start.learnt)
            keep_attached(head, start, rest)
            normal, left = simple(frame, head, partial(bind, frame, node.target, rest))
            states += normal
            exits += left
        heads, breaks = _loop_body(frame, node.body, states, exits)
        broken += breaks
        finished += [h.fork() for h in heads]
        if len(seen) == len(fresh):
            for head in fresh:
                _another_round(frame, node, rest, head, heads)
    for state in finished:
        forget(state, start.learnt)
    for state in (*finished, *broken):
        state.env.pop(hidden, None)
    return finished


def _another_round(frame: Frame, node: ir.For, rest: Value, head: State, after: list[State]) -> None:
    """Where the first round has expired what it goes over: the round of one object and then that of another
    one, for what the second one meets. No path goes on from there.
    """
    if is_exhausted(frame) or frame.on_yield is not None or not has_expired(head, after, rest):
        return
    start = head.fork()
    other = set_apart(start, rest)
    if other is None:
        return
    first, _ = simple(frame, start, partial(bind, frame, node.target, rest))
    between, _ = _loop_body(frame, node.body, first, [])
    second: list[State] = []
    for state in between:
        second += simple(frame, state, partial(bind, frame, node.target, other))[0]
    run_block(frame, node.body, merge(frame, second))


def _for_generator(frame: Frame, node: ir.For, generator: Generator, start: State) -> Flow:
    """The loop's body runs at each ``yield`` of the generator."""

    def on_yield(inner: Frame, value: Value, state: State) -> list[Ending]:
        outer = state.suspended if state.suspended is not None else start
        head = outer.on_heap_of(state)
        states, left = simple(frame, head, lambda: bind(frame, node.target, value))
        normal, out = run_block(frame, node.body, states)
        left += out
        ends: list[Ending] = [("normal", NONE, s) for s in normal]
        ends += [("normal" if e.kind == "continue" else e.kind, e.value, e.state) for e in left]
        return ends

    return run_generator(frame, generator, start, on_yield, loop=True)
