"""``try``."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.interpret import exceptions
from detachlint.interpret.blocks import run_block
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import State
from detachlint.interpret.joining import merge
from detachlint.interpret.paths import Exit, Flow
from detachlint.interpret.values import Value
from detachlint.parse import ir


def run_try(frame: Frame, node: ir.Try, state: State) -> Flow:
    outer_guards = frame.guards
    frame.guards = outer_guards | exceptions.guarded(frame, node.handlers)
    frame.tries += bool(node.handlers)
    before: list[State] = []
    states = [state]
    raised: list[Exit] = []
    passing: list[Exit] = []
    for statement in node.body:
        if not states:
            break
        if exceptions.can_raise(statement):
            before += [s.fork() for s in states]
        states, left = run_block(frame, (statement,), states)
        for item in left:
            (raised if item.kind == "raise" else passing).append(item)
    frame.guards = outer_guards
    frame.tries -= bool(node.handlers)
    normal, left = run_block(frame, node.orelse, states)
    passing += left
    for handler, entries in exceptions.dispatch(
        frame, node.handlers, merge(frame, before)[:4], raised, passing_to=passing, make=Exit
    ):
        handled, left = _handler(frame, handler, entries)
        normal += handled
        passing += left
    if not node.finalbody:
        return merge(frame, normal), passing
    done, left = run_block(frame, node.finalbody, merge(frame, normal))
    exits = list(left)
    for item in passing:
        after, left = run_block(frame, node.finalbody, [item.state])
        exits += [replace(item, state=s) for s in after]
        exits += left
    return done, exits


def _handler(frame: Frame, handler: ir.Handler, entries: list[tuple[Value, State]]) -> Flow:
    states: list[State] = []
    for value, state in entries:
        inside = state.fork()
        inside.env["<exception>"] = value
        if handler.name is not None:
            inside.env[handler.name] = value
        states.append(inside)
    normal, exits = run_block(frame, handler.body, merge(frame, states))
    for state in normal:
        state.env.pop("<exception>", None)
    return normal, exits
