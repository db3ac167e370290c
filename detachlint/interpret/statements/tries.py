"""``try``."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import EntityObject, Loaded, Perhaps, SessionObject, State, Unloaded
from detachlint.interpret.likeness.joining import merge
from detachlint.interpret.paths.attempts import Exit, Flow
from detachlint.interpret.statements import exceptions
from detachlint.interpret.statements.blocks import run_block
from detachlint.interpret.values import Value
from detachlint.parse import ir

UNFINISHED = Perhaps("a try that was left before its end may have loaded it")


def run_try(frame: Frame, node: ir.Try, state: State) -> Flow:
    outer_guards = frame.guards
    frame.guards = exceptions.guarded(frame, node.handlers, outer_guards)
    frame.tries += bool(node.handlers)
    before: list[State] = []
    states = [state]
    raised: list[Exit] = []
    passing: list[Exit] = []
    for statement in node.body:
        if not states:
            break
        starts = [s.fork() for s in states] if exceptions.can_raise(statement) else []
        states, left = run_block(frame, (statement,), states)
        ends = [*states, *(item.state for item in left if item.kind != "raise")]
        for start in starts:
            _row_was_read(start, ends)
        before += [s for s in starts if not exceptions.is_inspected(statement, s, states)]
        for item in left:
            (raised if item.kind == "raise" else passing).append(item)
    frame.guards = outer_guards
    frame.tries -= bool(node.handlers)
    completed = [s.fork() for s in states] if before else []
    normal, left = run_block(frame, node.orelse, states)
    passing += left
    for handler, entries in exceptions.dispatch(
        frame, node.handlers, merge(frame, before)[:4], raised, passing_to=passing, make=Exit
    ):
        handled, left = _handler(frame, handler, entries)
        for each in handled:
            _doubt_unfinished(each, before, completed)
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


def _row_was_read(start: State, ends: list[State]) -> None:
    """Something in a statement raises which otherwise reads expired rows of a synchronous session. The first
    read of a column brings the whole row: that it was not there yet is nothing to claim.
    """
    for address, obj in list(start.heap.items()):
        if not isinstance(obj, EntityObject) or obj.expired is None or obj.session is None:
            continue
        session = start.heap.get(obj.session)
        if not isinstance(session, SessionObject) or session.is_async:
            continue
        read = [o for s in ends if isinstance(o := s.heap.get(address), EntityObject) and o.expired is None]
        if read and len(read) == len(ends):
            start.heap[address] = replace(obj, expired=None)


def _doubt_unfinished(handled: State, before: list[State], completed: list[State]) -> None:
    """A handler was entered from somewhere in the ``try``, by an error that nobody has seen, and went on.
    What the whole block loads may have been loaded until then: that it was not is nothing to claim.
    """
    if not completed:
        return
    for address, obj in list(handled.heap.items()):
        if not isinstance(obj, EntityObject) or not any(s.heap.get(address) is obj for s in before):
            continue
        ends = [o for s in completed if isinstance(o := s.heap.get(address), EntityObject)]
        if len(ends) < len(completed) or all(end is obj for end in ends):
            continue
        loaded = [n for n, state in ends[0].attributes.items() if isinstance(state, Loaded)]
        loaded = [n for n in loaded if all(isinstance(e.attributes.get(n), Loaded) for e in ends[1:])]
        known = obj.attributes
        doubts = {n: UNFINISHED for n in loaded if n not in known or isinstance(known[n], Unloaded)}
        if doubts:
            handled.heap[address] = replace(obj, attributes={**obj.attributes, **doubts})
