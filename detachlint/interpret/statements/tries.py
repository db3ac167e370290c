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
            _was_read(start, ends)
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


def _was_read(start: State, ends: list[State]) -> None:
    """Something in a statement raises which otherwise reads attributes of a synchronous session. Mostly it is
    what the statement calls with what it has read: that this was not there yet is nothing to claim. The first
    read of a column brings the whole row of an expired object.
    """
    for address, obj in list(start.heap.items()):
        if not isinstance(obj, EntityObject) or obj.session is None:
            continue
        session = start.heap.get(obj.session)
        if not isinstance(session, SessionObject) or session.is_async:
            continue
        after = _ends(address, obj, ends)
        if after and obj.expired is not None and all(end.expired is None for end in after):
            obj = replace(obj, expired=None)
        start.heap[address] = _doubted(obj, after)


def _ends(address: int, obj: EntityObject, states: list[State]) -> list[EntityObject]:
    """What has become of the object, where it is another one on some path; nothing where a path lacks it."""
    ends = [o for s in states if isinstance(o := s.heap.get(address), EntityObject)]
    return ends if len(ends) == len(states) and any(end is not obj for end in ends) else []


def _doubted(obj: EntityObject, ends: list[EntityObject]) -> EntityObject:
    """The object where nobody knows whether what it has loaded in all these ends is there already."""
    if not ends:
        return obj
    loaded = [n for n, state in ends[0].attributes.items() if isinstance(state, Loaded)]
    loaded = [n for n in loaded if all(isinstance(e.attributes.get(n), Loaded) for e in ends[1:])]
    known = obj.attributes
    doubts = {n: UNFINISHED for n in loaded if n not in known or isinstance(known[n], Unloaded)}
    return replace(obj, attributes={**known, **doubts}) if doubts else obj


def _doubt_unfinished(handled: State, before: list[State], completed: list[State]) -> None:
    """A handler was entered from somewhere in the ``try``, by an error that nobody has seen, and went on.
    What the whole block loads may have been loaded until then: that it was not is nothing to claim.
    """
    for address, obj in list(handled.heap.items()):
        if isinstance(obj, EntityObject) and any(s.heap.get(address) is obj for s in before):
            handled.heap[address] = _doubted(obj, _ends(address, obj, completed))
