"""Where a function is on its way out of its loops: what stands there runs once, whatever the loops go over.

``for user in users: if user.name == name: return user.posts`` reads the posts of one user.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import EntityObject, Inherited, State
from detachlint.interpret.library.containers import pick_one
from detachlint.interpret.values import Ref, Tuple, Value
from detachlint.parse import ir
from detachlint.parse.walk import nodes, own_nodes


class Exits(Struct, frozen=True):
    """Of one function.

    Args:
        leaving: ordinals of the statements in loops that are followed by no further round of any of them.
        loops: ordinal of each loop that is in no other -> the highest ordinal in it.
        repeated: the lowest and the highest ordinal of each part that may run more than once for one run of
            the function: bodies of loops, elements of comprehensions, lambdas.
    """

    leaving: frozenset[int]
    loops: dict[int, int]
    repeated: tuple[tuple[int, int], ...] = ()


_NONE = Exits(frozenset(), {})


def of(frame: Frame) -> Exits:
    """Those of the function that runs in the frame."""
    return frame.machine.loop_exits.of(frame.function.node) if frame.function is not None else _NONE


class LoopExits:
    """The exits of functions, which are looked for once."""

    def __init__(self) -> None:
        self._known: dict[int, Exits] = {}

    def of(self, node: ir.FunctionDef) -> Exits:
        known = self._known.get(id(node))
        if known is None:
            known = self._known[id(node)] = _exits(node)
        return known


def _exits(function: ir.FunctionDef) -> Exits:
    inside = list(own_nodes(function.body))
    repeated = tuple([_span(part) for node in inside for part in _repeated(node) if part])
    if not any(isinstance(node, (ir.For, ir.While)) for node in inside):
        return Exits(frozenset(), {}, repeated)
    marker = _Marker()
    marker.block(function.body, follows=False, depth=0, tried=False)
    return Exits(frozenset(marker.leaving), marker.loops, repeated)


def _repeated(node: ir.Node) -> tuple[object, ...]:
    """The parts of a loop, a comprehension or a lambda that may run again; what it goes over runs once."""
    match node:
        case ir.For(target=target, body=body):
            return target, body
        case ir.While(test=test, body=body):
            return test, body
        case ir.Comprehension(element=element, value=value, clauses=clauses):
            return element, value, clauses[0].conditions, clauses[1:]
        case ir.Lambda(body=body):
            return (body,)
        case _:
            return ()


def _span(part: object) -> tuple[int, int]:
    ordinals = [node.n for node in nodes(part)]
    return min(ordinals), max(ordinals)


class _Marker:
    def __init__(self) -> None:
        self.leaving: set[int] = set()
        self.loops: dict[int, int] = {}

    def block(self, block: ir.Block, *, follows: bool, depth: int, tried: bool) -> None:
        """Mark the statements of a block.

        Args:
            follows: what comes after the block leaves all loops.
            depth: how many loops the block is in.
            tried: it is in a ``try`` that may catch what it raises.
        """
        for statement in reversed(block):
            after = follows
            follows = follows or _leaves(statement, depth, tried)
            if follows and depth:
                self.leaving.add(statement.n)
            self._within(statement, after, depth, tried)

    def _within(self, statement: ir.Stmt, after: bool, depth: int, tried: bool) -> None:
        match statement:
            case ir.If():
                self.block(statement.body, follows=after, depth=depth, tried=tried)
                self.block(statement.orelse, follows=after, depth=depth, tried=tried)
            case ir.With():
                self.block(statement.body, follows=after, depth=depth, tried=tried)
            case ir.Match():
                for case in statement.cases:
                    self.block(case.body, follows=after, depth=depth, tried=tried)
            case ir.Try():
                caught = tried or bool(statement.handlers)
                rest = after or _block_leaves(statement.orelse, depth, tried)
                self.block(statement.body, follows=rest, depth=depth, tried=caught)
                for handler in statement.handlers:
                    self.block(handler.body, follows=after, depth=depth, tried=tried)
                self.block(statement.orelse, follows=after, depth=depth, tried=tried)
                self.block(statement.finalbody, follows=after, depth=depth, tried=tried)
            case ir.For() | ir.While():
                if not depth:
                    self.loops[statement.n] = max(node.n for node in nodes(statement))
                self.block(statement.body, follows=False, depth=depth + 1, tried=tried)
                self.block(statement.orelse, follows=after, depth=depth, tried=tried)
            case _:
                pass


def _leaves(statement: ir.Stmt, depth: int, tried: bool) -> bool:
    """Whether control never comes from the statement to a further round of a loop around it."""
    match statement:
        case ir.Return():
            return True
        case ir.Raise():
            return not tried
        case ir.Break():
            return depth == 1
        case ir.If():
            return _block_leaves(statement.body, depth, tried) and _block_leaves(
                statement.orelse, depth, tried
            )
        case ir.With():
            return _block_leaves(statement.body, depth, tried)
        case ir.Try():
            caught = tried or bool(statement.handlers)
            return _block_leaves((*statement.body, *statement.orelse), depth, caught) and all(
                _block_leaves(handler.body, depth, tried) for handler in statement.handlers
            )
        case _:
            return False


def _block_leaves(block: ir.Block, depth: int, tried: bool) -> bool:
    return any(_leaves(statement, depth, tried) for statement in block)


def settle_assigned(frame: Frame, node: ir.Node, targets: Iterable[ir.Expr]) -> None:
    """What a statement that is in no loop gives to a variable is one object, unless it is the caller's, who
    may call from a loop.
    """
    if frame.function is None or any(first <= node.n <= last for first, last in of(frame).loops.items()):
        return
    state = frame.state
    names = [n.id for target in targets for n in nodes(target) if isinstance(n, ir.Name)]
    _settle(frame, state, [n for n in names if _is_own(state, state.env.get(n))])


def settle_taken(frame: Frame, node: ir.Node, value: Value) -> Value:
    """What an expression takes of many objects is one of them where nothing runs it again: ``orders[-1]``,
    ``orders.pop()``, ``by_id[key]``, ``max(orders, key=...)``.
    """
    if not isinstance(value, Ref) or frame.function is None or not _is_many(frame.state, value):
        return value
    if any(first <= node.n <= last for first, last in of(frame).repeated):
        return value
    return (pick_one(frame, value) or value) if _is_own(frame.state, value) else value


def _is_own(state: State, value: Value | None) -> bool:
    """Whether a query of the running call, or of one that it has made, gave the objects."""
    if value is None:
        return False
    objects = [state.heap.get(ref.address) for ref in _parts(state, value)]
    return bool(objects) and not any(
        isinstance(obj, EntityObject) and any(isinstance(h, Inherited) for h in obj.history)
        for obj in objects
    )


def settle(frame: Frame, state: State, last: int) -> None:
    """No loop goes on: each variable that holds one of many objects holds that one for good. What the caller
    has passed stays the very object that it was: the caller may call from a loop, and goes on with it.

    Args:
        last: variables that are not mentioned from this ordinal on are left as they are.
    """
    if frame.function is None:
        return
    uses = frame.machine.mentions.last_uses(frame.function.node)
    passed = {p.name for p in frame.function.node.params}
    names = [name for name in state.env if uses.get(name, -1) >= last and name not in passed]
    names += [name for name in passed if name in state.env and not _is_passed(frame, state.env[name])]
    _settle(frame, state, [name for name in sorted(names) if _parts(state, state.env[name])])


def _is_passed(frame: Frame, value: Value) -> bool:
    """Whether there was such an object when the call began."""
    return isinstance(value, Ref) and value.address < (frame.inputs or 0)


def _settle(frame: Frame, state: State, names: list[str]) -> None:
    saved, frame.state = frame.state, state
    picked: dict[Ref, Value] = {}
    for name in names:
        state.env[name] = _settled(frame, state.env[name], picked)
    frame.state = saved


def _parts(state: State, value: Value) -> list[Ref]:
    """The handles on one of many objects: the value itself, or items of a row."""
    items = value.items if isinstance(value, Tuple) else (value,)
    return [i for i in items if isinstance(i, Ref) and _is_many(state, i)]


def _is_many(state: State, ref: Ref) -> bool:
    obj = state.heap.get(ref.address)
    return isinstance(obj, EntityObject) and obj.many


def _settled(frame: Frame, value: Value, picked: dict[Ref, Value]) -> Value:
    match value:
        case Ref() if _is_many(frame.state, value):
            if value not in picked:
                picked[value] = pick_one(frame, value) or value
            return picked[value]
        case Tuple(items=items):
            return Tuple(tuple([_settled(frame, i, picked) for i in items]), value.names)
        case _:
            return value
