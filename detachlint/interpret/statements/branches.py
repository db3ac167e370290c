"""``if`` and ``match``."""

from __future__ import annotations

from functools import partial

from detachlint.interpret.conditions.decide import decide
from detachlint.interpret.conditions.memo_tables import forget_memo
from detachlint.interpret.conditions.patterns import decide_pattern
from detachlint.interpret.expressions.evaluate import evaluate
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import State, told
from detachlint.interpret.likeness.joining import merge
from detachlint.interpret.paths.attempts import Exit, Flow, attempt, is_exhausted
from detachlint.interpret.statements.blocks import run_block
from detachlint.interpret.statements.weights import Weights
from detachlint.interpret.values import Value
from detachlint.parse import ir

# Ways that are tried behind a condition where one path is to be followed, beside the first two.
MAX_OTHER_WAYS = 2


def run_if(frame: Frame, node: ir.If, state: State) -> Flow:
    if forget_memo(frame, node, state):
        return run_block(frame, node.body, [state])
    done, exits = _decided(frame, node, state)
    true = merge(frame, [s for truth, s in done if truth])
    false = merge(frame, [s for truth, s in done if not truth])
    normal: list[State] = []
    for taken, states, block in ((True, true, node.body), (False, false, node.orelse)):
        if states:
            after, left = run_block(frame, block, states)
            for each in after:
                each.taken = taken
            normal += after
            exits += left
    if not normal and not (true and false) and is_exhausted(frame):
        after, left = _other_way(frame, node, state, bool(true))
        normal += after
        exits += left
    return normal, exits


def _decided(frame: Frame, node: ir.If, state: State) -> tuple[list[tuple[bool, State]], list[Exit]]:
    """The ways through the condition; where one path is to be followed, the one on which more happens."""
    one = is_exhausted(frame) and bool(node.orelse) and Weights.of(frame).prefers_else(frame, node)
    done, exits = attempt(frame, state, lambda: decide(frame, node.test), all_ways=one)
    if one:
        done = [next((way for way in done if not way[0]), done[0])] if done else []
    return done, exits


def _other_way(frame: Frame, node: ir.If, state: State, taken: bool) -> Flow:
    """Where one path is followed and a guard (``if not allowed: raise``) has ended it: another one, and the
    next where that ends too (``if found and many: raise`` before ``elif found: return``).
    """
    done, _ = attempt(frame, state, lambda: decide(frame, node.test), all_ways=True)
    opposite = [s for truth, s in done if truth is not taken]
    ways = [(not taken, max(opposite, key=lambda each: told(each.heap)))] if opposite else []
    ways += [(taken, s) for truth, s in done[1:] if truth is taken][:MAX_OTHER_WAYS]
    exits: list[Exit] = []
    for truth, start in ways:
        after, left = run_block(frame, node.body if truth else node.orelse, [start])
        exits += left
        if after:
            return after, exits
    return [], exits


def run_match(frame: Frame, node: ir.Match, state: State) -> Flow:
    done, exits = attempt(frame, state, lambda: evaluate(frame, node.subject))
    normal: list[State] = []
    for subject, start in done:
        remaining = [start]
        for case in node.cases:
            if not remaining:
                break
            taken: list[State] = []
            missed: list[State] = []
            matches = partial(_matches, frame, case, subject, node.subject)
            for each in remaining:
                tried, left = attempt(frame, each, matches)
                exits += left
                taken += [s for truth, s in tried if truth]
                missed += [s for truth, s in tried if not truth]
            after, left = run_block(frame, case.body, merge(frame, taken))
            normal += after
            exits += left
            remaining = merge(frame, missed)
        normal += remaining
    return merge(frame, normal), exits


def _matches(frame: Frame, case: ir.Case, subject: Value, node: ir.Expr) -> bool:
    if not decide_pattern(frame, case.pattern, subject, node):
        return False
    return case.guard is None or decide(frame, case.guard)
