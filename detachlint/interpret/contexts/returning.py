"""The outcome of a call, brought into the frame of the caller."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec import Struct
from msgspec.structs import replace

from detachlint.domain.facts import Event, Step
from detachlint.domain.source import Site
from detachlint.interpret.contexts.lean_heap import with_graph
from detachlint.interpret.contexts.summaries import Outcome, Summary
from detachlint.interpret.frame import Frame, InfeasibleError, RaisedError, shorten
from detachlint.interpret.heap import (
    ANYTHING,
    EntityObject,
    HeapObject,
    Instance,
    Life,
    SessionObject,
    merge_effects,
)
from detachlint.interpret.likeness.canonical import Context
from detachlint.interpret.likeness.renaming import Renaming
from detachlint.interpret.paths.learnt import contradicts, learn
from detachlint.interpret.values import Learnt, Test, Unknown, Value
from detachlint.resolve.symbols import FunctionInfo


class Call(Struct, frozen=True):
    """A call whose callee has been run in a context that is like the caller's."""

    context: Context
    info: FunctionInfo
    site: Site
    summary: Summary

    @property
    def tells(self) -> bool:
        """Whether some of its ways show something of the caller's unknown values."""
        return any(outcome.learnt for outcome in self.summary.outcomes)

    def return_to(self, frame: Frame) -> Value | None:
        """Choose one of the outcomes that the caller's way allows, and bring it into the frame.

        Returns:
            What the call returns; None where it can only be a way that a bound has left out.
        """
        possible = [outcome for outcome in self.summary.outcomes if not self._contradicts(frame, outcome)]
        if possible:
            chosen = possible[frame.choose(len(possible))]
            return Return(frame, self.context, self.info, self.site).apply(chosen)
        if self.summary.cut:
            return None
        raise InfeasibleError

    def _contradicts(self, frame: Frame, outcome: Outcome) -> bool:
        learnt = frame.state.learnt
        return any(
            contradicts(learnt, value, test, known) for value, test, known in _tests(self.context, outcome)
        )


def _tests(context: Context, outcome: Outcome) -> Iterator[tuple[Value, Test, bool]]:
    """What an outcome tells of the caller's values."""
    for (number, test), known in outcome.learnt.items():
        symbol = context.symbols[number - 1]
        yield context.constants.get(symbol, Unknown("argument", symbol)), test, known


@dataclass(slots=True)
class PastCall:
    """A call that a statement has made, as ``Choices`` keeps it: what it gave, and the heap that it left."""

    before: int
    after: int
    site: Site
    call: Call | None
    value: Value
    raised: RaisedError | None
    heap: dict[int, HeapObject]
    next_address: int
    learnt: Learnt

    def again(self, frame: Frame) -> Value:
        """Do to the frame what the call did."""
        heap = frame.state.heap  # other frames may share it
        heap.clear()
        heap.update(self.heap)
        frame.state.next_address = self.next_address
        frame.state.learnt = self.learnt
        if self.raised is not None:
            raise self.raised
        return self.value


class Return(Struct, frozen=True):
    """One call that ends: which function, in which context, called from where."""

    frame: Frame
    context: Context
    info: FunctionInfo
    site: Site

    def apply(self, outcome: Outcome) -> Value:
        """Change the caller's heap as the call did; gives what it returns, raises what it raises."""
        frame = self.frame
        self._learn(outcome)
        fresh: dict[int, int] = {}
        renaming = self._renaming(fresh)
        before = frame.state.heap
        rows = {} if frame.namespace else self._rows_known(outcome, renaming)
        fresh.update(rows)
        incoming: dict[int, HeapObject] = {}
        for number, obj in outcome.heap.items():
            new = renamed = renaming.heap_object(obj)
            if isinstance(renamed, EntityObject):
                new = self._entity(number, renamed, before)
                if new.attributes is renamed.attributes:
                    frame.machine.exact_shapes.rename(obj, new, renaming.address, renaming.symbol)
            elif number < len(self.context.addresses):
                new = self._known(renaming.address(number), new)
            if number in rows and isinstance(new, EntityObject):
                self._meet(rows[number], new)
            else:
                incoming[renaming.address(number)] = new
        entities: list[tuple[int, HeapObject | None]] = []
        for target, obj in incoming.items():
            if target < 0:
                frame.machine.module_heap.update(
                    target, obj, defining=frame.namespace, heap={**before, **incoming}
                )
            if not frame.namespace:
                if isinstance(obj, EntityObject):
                    entities.append((target, before.get(target)))
                frame.state.heap[target] = obj
        made = {target for target, known in entities if known is None}
        for target, known in entities:
            self._settled(target, known, made)
        value = renaming.value(outcome.value)
        if outcome.kind == "raise":
            raise RaisedError(value)
        return value

    def _learn(self, outcome: Outcome) -> None:
        """The caller is on the way that the call took."""
        for value, test, known in _tests(self.context, outcome):
            learn(self.frame.state, value, test, known)

    def _renaming(self, fresh: dict[int, int]) -> Renaming:
        """From the addresses and symbols of the context to those of the caller.

        Args:
            fresh: addresses in the caller's heap of what the call has made; grows as more of it is met.
        """
        frame, context = self.frame, self.context
        size = len(context.addresses)
        symbols: dict[int, int] = {}

        def address(number: int) -> int:
            if number < 0:
                return number
            if number < size:
                return context.addresses[number]
            if number not in fresh:
                if frame.namespace:
                    fresh[number] = frame.machine.module_heap.next_address()
                else:
                    fresh[number] = frame.state.next_address
                    frame.state.next_address += 1
            return fresh[number]

        def symbol(number: int) -> int:
            if number <= len(context.symbols):
                return context.symbols[number - 1]
            if number not in symbols:
                symbols[number] = frame.machine.fresh_symbol()
            return symbols[number]

        return Renaming(address, symbol)

    def _rows_known(self, outcome: Outcome, renaming: Renaming) -> dict[int, int]:
        """Which of the objects that a call has made are rows that the caller's session holds already: those
        of the same primary key. The identity map gives one object for both.
        """
        size = len(self.context.addresses)
        found: dict[int, int] = {}
        for number, obj in outcome.heap.items():
            if number < size or not isinstance(obj, EntityObject) or obj.identity is None:
                continue
            if obj.session is None or obj.session >= size:
                continue
            session, identity = renaming.address(obj.session), renaming.value(obj.identity)
            for address, known in self.frame.state.heap.items():
                if (
                    isinstance(known, EntityObject)
                    and known.entity == obj.entity
                    and known.session == session
                    and known.identity == identity
                    and known.many is obj.many
                    and known.life is obj.life is Life.PERSISTENT
                ):
                    found[number] = address
                    break
        return found

    def _meet(self, address: int, obj: EntityObject) -> None:
        """A call has loaded a row again that the caller holds."""
        for meet in self.frame.machine.hooks("meet"):
            meet(self.frame, address, obj)

    def _settled(self, address: int, before: HeapObject | None, made: set[int]) -> None:
        """A call has changed an object, or made it: the caller may have others for the same row."""
        for settled in self.frame.machine.hooks("settled"):
            if before is not self.frame.get(address):
                settled(self.frame, address, before if isinstance(before, EntityObject) else None, made)

    def _entity(self, number: int, new: EntityObject, before: dict[int, HeapObject]) -> EntityObject:
        frame, addresses = self.frame, self.context.addresses
        passed = Step(self.site, f"passed to `{self.info.name}`", Event.PASSED)
        history = new.history
        if number < len(addresses):
            history = frame.splice(new.history, addresses, passed)
            known = before.get(addresses[number]) if number >= 0 else None
            if isinstance(known, EntityObject):
                if len(new.history) == 1:
                    history = known.history
                if frame.machine.is_large:
                    new = with_graph(frame, new, known)
        elif history:
            returned = Step(self.site, f"returned by `{self.info.name}`", Event.RETURNED)
            history = shorten((*frame.splice(history, addresses, passed), returned))
        return replace(new, history=history)

    def _known(self, address: int, new: HeapObject) -> HeapObject:
        """An object that the caller has too, and perhaps knows more of."""
        known = self.frame.get(address)
        match known, new:
            case SessionObject(), SessionObject():
                self._spread(address, new)
                return replace(
                    new,
                    effects=merge_effects(known.effects, new.effects),
                    classes=known.classes | (new.classes & {ANYTHING}),
                    history=known.history or new.history,
                )
            case Instance(), Instance():
                return replace(new, fields={**known.fields, **new.fields}, declared=known.declared)
            case _:
                return new

    def _spread(self, session: int, after: SessionObject) -> None:
        """A call committed, closed ... a session: the objects of that session that the call never saw
        change too.
        """
        passed = set(self.context.addresses)
        for effect in after.effects:
            step = Step(self.site, f"{effect} in `{self.info.name}`")
            for spread in self.frame.machine.hooks("spread"):
                spread(self.frame, session, effect, passed, step)
