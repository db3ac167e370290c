"""Paths that meet again: those that differ in nothing that matters become one.

What matters is what is known of entities, sessions, statements and code. Where joined paths differ in texts,
numbers, truth values or lists of such, the path that goes on does not know them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import (
    AttributeState,
    Dictionary,
    EntityObject,
    HeapObject,
    Instance,
    Loaded,
    Sequence,
    SessionObject,
    State,
    told,
)
from detachlint.interpret.likeness.renaming import reachable
from detachlint.interpret.likeness.shapes import PLAIN, Shapes, Walk, walk
from detachlint.interpret.paths.learnt import agreed
from detachlint.interpret.values import Const, Ref, Tuple, Unknown, Value

MAX_STATES = 6

Fresh = Callable[[], Unknown]


def merge(
    frame: Frame, states: list[State], following: int | None = None, most: int = MAX_STATES
) -> list[State]:
    """Paths that differ in nothing that matters are one path; past a bound the rest is dropped, and counted.

    Args:
        following: ordinal of the statement that comes next: variables that are not named from there on are
            forgotten, but for parameters: what they lead to is the caller's too.
    """
    if len(states) <= 1:
        return states
    if following is not None and frame.function is not None and not frame.namespace:
        uses = frame.machine.mentions.last_uses(frame.function.node)
        kept = {param.name for param in frame.function.node.params}
        for state in states:
            named = [n for n in state.env if uses.get(n, -1) < following and n not in kept and n[0] != "<"]
            for name in named:
                if not _holds_entity(state.env[name], state):
                    del state.env[name]
    merged = _joined(frame, states)
    bound = most * frame.machine.slack
    if len(merged) > bound:
        frame.machine.cut_off(frame, "paths over the bound")
        merged.sort(key=lambda state: told(state.heap), reverse=True)
        merged = _bounded(merged, bound)
    return merged


def _bounded(states: list[State], bound: int) -> list[State]:
    """The first ones; if a branch of an ``if`` has none among them, its first one in place of the last."""
    kept = states[:bound]
    branches = {state.taken for state in kept}
    other = next((state for state in states[bound:] if state.taken not in branches), None)
    return kept if other is None else [*kept[:-1], other]


def _joined(frame: Frame, states: list[State]) -> list[State]:
    """Paths whose variables differ at first sight need no walk over their heaps."""
    shapes = frame.machine.coarse_shapes
    groups: dict[object, list[tuple[State, list[Value]]]] = {}
    for state in states:
        names, roots = _roots_of(shapes, state)
        groups.setdefault((names, _surface(shapes, roots, state.heap)), []).append((state, roots))
    order: list[State] = []
    for group in groups.values():
        by_key: dict[object, tuple[State, Walk]] = {}
        for state, roots in group:
            if len(group) == 1:
                order.append(state)
                continue
            walked = walk(shapes, roots, state.heap)
            known = by_key.get(walked.key)
            if known is None:
                by_key[walked.key] = (state, walked)
                order.append(state)
            else:
                join(shapes, *known, state, walked, lambda: frame.unknown("depends on the path"))
    kept = {id(state) for state in order}
    return [state for state in states if id(state) in kept]


def _surface(shapes: Shapes, roots: list[Value], heap: Mapping[int, HeapObject]) -> tuple[int, ...]:
    """The shapes of the variables, and of the objects they lead to."""
    out: list[int] = []
    for value in roots:
        obj = heap.get(value.address) if isinstance(value, Ref) else None
        out.append(shapes.of(value if obj is None else obj).number)
    return tuple(out)


def _holds_entity(value: Value, state: State) -> bool:
    """Whether a variable keeps objects alive in the identity map of an asynchronous session."""
    if isinstance(value, (Unknown, Const)):
        return False
    for address in reachable([value], state.heap):
        obj = state.heap[address]
        if isinstance(obj, EntityObject) and obj.session is not None:
            session = state.heap.get(obj.session)
            if isinstance(session, SessionObject) and session.is_async:
                return True
    return False


def state_likeness(shapes: Shapes, state: State) -> object:
    """Equal for paths that are to be joined."""
    names, roots = _roots_of(shapes, state)
    return (names, walk(shapes, roots, state.heap).key)


def _roots_of(shapes: Shapes, state: State) -> tuple[tuple[str, ...], list[Value]]:
    """The variables that matter, those of the blocks that wait for this one too."""
    names: list[str] = []
    roots: list[Value] = []
    current: State | None = state
    prefix = ""
    while current is not None:
        for name in sorted(current.env):
            value = current.env[name]
            if shapes.of(value) is not PLAIN:
                names.append(prefix + name)
                roots.append(value)
        if current.completion is not None:
            names.append(prefix + current.completion[0])
            roots.append(current.completion[1])
        prefix += "^"
        current = current.suspended
    for address in sorted([a for a in state.heap if a < 0]):  # what was put into objects of the modules
        names.append(str(address))
        roots.append(Ref(address))
    return tuple(names), roots


def join(shapes: Shapes, into: State, mine: Walk, other: State, theirs: Walk, fresh: Fresh) -> None:
    """Let ``into`` know only what both paths agree on. The two walks have the same key."""
    joined = _Joined(shapes, fresh)
    joined.paths(into, other)
    for address, twin in zip(mine.order, theirs.order, strict=True):
        first, second = into.heap.get(address), other.heap.get(twin)
        if first is not None and second is not None and first is not second:
            into.heap[address] = joined.objects(first, second)


class _Joined:
    """What two paths that are alike agree on."""

    def __init__(self, shapes: Shapes, fresh: Fresh) -> None:
        self._shapes = shapes
        self._fresh = fresh

    def paths(self, into: State, other: State) -> None:
        into.env = self._environment(into.env, other.env)
        into.assumptions = {k: v for k, v in into.assumptions.items() if other.assumptions.get(k) == v}
        into.learnt = agreed(into.learnt, other.learnt)
        mine, theirs = into.suspended, other.suspended
        if mine is not None and theirs is not None and mine is not theirs:
            resumed = mine.fork()  # other paths may wait for the same block
            self.paths(resumed, theirs)
            into.suspended = resumed

    def _environment(self, mine: Mapping[str, Value], theirs: Mapping[str, Value]) -> dict[str, Value]:
        return {name: self.value(mine.get(name), theirs.get(name)) for name in sorted({*mine, *theirs})}

    def value(self, mine: Value | None, theirs: Value | None) -> Value:
        if mine is not None and (mine is theirs or mine == theirs):
            return mine
        if isinstance(mine, Unknown) and isinstance(theirs, Unknown) and 0 != mine.symbol == theirs.symbol:
            return replace(mine, truth=None)  # one value, of which the paths have shown different things
        if mine is None or self._shapes.of(mine) is PLAIN:
            fresh, truth = self._fresh(), _truth(mine)
            return fresh if truth is None or _truth(theirs) is not truth else replace(fresh, truth=truth)
        if isinstance(mine, Tuple) and isinstance(theirs, Tuple) and len(mine.items) == len(theirs.items):
            return replace(mine, items=self._values(mine.items, theirs.items))
        return mine

    def _values(self, mine: tuple[Value, ...], theirs: tuple[Value, ...]) -> tuple[Value, ...]:
        return tuple([self.value(a, b) for a, b in zip(mine, theirs, strict=True)])

    def objects(self, mine: HeapObject, theirs: HeapObject) -> HeapObject:
        match mine, theirs:
            case EntityObject(), EntityObject():
                return replace(mine, attributes=self._attributes(mine.attributes, theirs.attributes))
            case Instance(), Instance():
                return replace(mine, fields=self._environment(mine.fields, theirs.fields))
            case Sequence(), Sequence():
                return self._sequences(mine, theirs)
            case Dictionary(), Dictionary():
                return self._dictionaries(mine, theirs)
            case _:
                return mine

    def _attributes(
        self, mine: Mapping[str, AttributeState], theirs: Mapping[str, AttributeState]
    ) -> Mapping[str, AttributeState]:
        out = dict(mine)
        for name, state in mine.items():
            twin = theirs.get(name)
            if isinstance(state, Loaded) and isinstance(twin, Loaded) and state != twin:
                out[name] = Loaded(self.value(state.value, twin.value))
        return out

    def _sequences(self, mine: Sequence, theirs: Sequence) -> Sequence:
        empty = mine.empty if mine.empty == theirs.empty else None
        if len(mine.items) == len(theirs.items) and (mine.rest is None) == (theirs.rest is None):
            rest = None if mine.rest is None else self.value(mine.rest, theirs.rest)
            return replace(mine, items=self._values(mine.items, theirs.items), rest=rest, empty=empty)
        full = all(s.items or s.empty is False for s in (mine, theirs))
        return replace(mine, items=(), rest=self._fresh(), empty=False if full else None)

    def _dictionaries(self, mine: Dictionary, theirs: Dictionary) -> Dictionary:
        if mine == theirs:
            return mine
        telling = [e for e in mine.entries if self._tells(e)]
        twins = [e for e in theirs.entries if self._tells(e)]
        both = [(self.value(k, t), self.value(v, w)) for (k, v), (t, w) in zip(telling, twins, strict=True)]
        known = dict(theirs.entries)
        both += [
            (k, self.value(v, known[k])) for k, v in mine.entries if (k, v) not in telling and k in known
        ]
        if len(both) == len(mine.entries) == len(known) and mine.rest == theirs.rest:
            return replace(mine, entries=tuple(both))
        rest = mine.rest or theirs.rest
        value = self._fresh() if rest is None or self._shapes.of(rest[1]) is PLAIN else rest[1]
        return replace(mine, entries=tuple(both), rest=(Unknown("key"), value))

    def _tells(self, entry: tuple[Value, Value]) -> bool:
        """Whether an entry counts for likeness: of paths that are alike, both have it, at the same place."""
        return any(self._shapes.of(part) is not PLAIN for part in entry)


def _truth(value: Value | None) -> bool | None:
    """The truth of a plain value, as far as the value itself tells it."""
    match value:
        case Const(inner):
            return bool(inner)
        case Unknown(truth=truth):
            return truth
        case _:
            return None
