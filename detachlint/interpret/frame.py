"""One activation of a function: its place in the program, the path it is on, and the choices it makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from msgspec import Struct

from detachlint.domain.facts import Event, Fact, Place, Read, Step, Via
from detachlint.domain.source import Site
from detachlint.interpret.heap import (
    Dictionary,
    EntityObject,
    HeapObject,
    History,
    Inherited,
    Instance,
    Sequence,
    SessionObject,
    State,
)
from detachlint.interpret.paths.choices import Choices
from detachlint.interpret.values import Const, Ref, Union, Unknown, Value, alternatives, is_table
from detachlint.interpret.variables.module_heap import is_private, is_settled, is_variable
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, FunctionInfo, ModuleInfo

if TYPE_CHECKING:
    from detachlint.interpret.machine import Machine

MAX_HISTORY = 8
# Longer ways from a query to an object are not told exactly.
MAX_PATH = 8


class RaisedError(Exception):
    """The analysed code raises ``value`` here. Control flow of the interpreter, never seen outside it."""

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


class InfeasibleError(Exception):
    """This path can't happen (or its continuation is nobody's business): it is dropped."""


class Arguments(Struct, frozen=True):
    """Arguments of a call, evaluated.

    Args:
        splat: a ``*`` or ``**`` of unknown content was passed.
        nodes: the argument expressions, where a framework needs their text (None for synthetic calls).
    """

    positional: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()
    splat: bool = False

    def get(self, name: str, index: int | None = None) -> Value | None:
        """The argument by keyword, else by position."""
        for keyword, value in self.keywords:
            if keyword == name:
                return value
        if index is not None and index < len(self.positional):
            return self.positional[index]
        return None

    def flag(self, name: str, index: int | None = None) -> bool | None:
        """A constant truth value, or None."""
        value = self.get(name, index)
        return bool(value.value) if isinstance(value, Const) else None

    @property
    def all(self) -> tuple[Value, ...]:
        return (*self.positional, *(v for _, v in self.keywords))


class Reading(Struct, frozen=True):
    """What kind of code is reading attributes now: the program's own, or a schema or template on its behalf.

    Args:
        field: the schema's field or the template's expression.
        site: where the read is reported, for libraries that hide the frames below (pydantic); None: where it
            stands.
    """

    place: Place = Place.CODE
    field: str = ""
    site: Site | None = None


BY_CODE = Reading()

YieldHandler = Callable[["Frame", Value, State], list[tuple[str, Value, State]]]


@dataclass(slots=True)
class Frame:
    """An activation.

    Args:
        guards: names of the errors that a ``try`` of this function or a caller catches and swallows.
        facts: fact without its trace -> (fact, history); histories may still hold ``Inherited``.
        inputs: how many objects of its heap are the caller's (they are alive whatever this function refers
            to); None where that is not counted.
        reading: see Reading; it holds for the calls made meanwhile too.
        write_target: ordinal of the attribute that is read to be changed (``user.tags`` in
            ``user.tags.append(t)``).
        on_yield: what to do with a yielded value (enter the with-body, run the loop body, collect).
        tries: how many ``try`` bodies with handlers are around the running statement.
    """

    machine: Machine
    module: ModuleInfo
    function: FunctionInfo | None
    owner: ClassInfo | None
    state: State
    guards: frozenset[str] = frozenset()
    choices: Choices = field(default_factory=Choices)
    facts: dict[Fact, History] = field(default_factory=dict)
    on_yield: YieldHandler | None = None
    yields_to_loop: bool = False
    depth: int = 0
    globals_declared: frozenset[str] = frozenset()
    method: str = ""
    namespace: bool = False
    inputs: int | None = None
    reading: Reading = BY_CODE
    write_target: int = -1
    tries: int = 0

    # ------------------------------------------------------------------ sites

    def site(self, node: ir.Node) -> Site:
        return Site(self.module.path, node.n)

    # ---------------------------------------------------------------- choices

    def choose(self, width: int) -> int:
        """One of ``width`` alternatives; the statement is run again for each of the others."""
        return 0 if width <= 1 else self.choices.choose(width)

    def split(self, value: Value) -> Value:
        """One of the alternatives of a union, if there are few."""
        if isinstance(value, Union) and not is_table(value):
            options = alternatives(value)
            return options[self.choose(len(options))]
        return value

    # ------------------------------------------------------------------- heap

    def get(self, ref: Value | int | None) -> HeapObject | None:
        """The object that ``ref`` leads to, or None."""
        if isinstance(ref, Ref):
            address = ref.address
        elif isinstance(ref, int):
            address = ref
        else:
            return None
        found = self.state.heap.get(address)
        if address < 0:
            module_heap = self.machine.module_heap
            if found is None:
                return module_heap.get(address)
            module_heap.overridden.add(address)
        return found

    def entity(self, ref: Value | int | None) -> EntityObject | None:
        found = self.get(ref)
        return found if isinstance(found, EntityObject) else None

    def session(self, ref: Value | int | None) -> SessionObject | None:
        found = self.get(ref)
        return found if isinstance(found, SessionObject) else None

    def instance(self, ref: Value | None) -> Instance | None:
        found = self.get(ref)
        return found if isinstance(found, Instance) else None

    def sequence(self, ref: Value | None) -> Sequence | None:
        found = self.get(ref)
        return found if isinstance(found, Sequence) else None

    def dictionary(self, ref: Value | None) -> Dictionary | None:
        found = self.get(ref)
        return found if isinstance(found, Dictionary) else None

    def put(self, ref: Ref | int, obj: HeapObject) -> None:
        address = ref.address if isinstance(ref, Ref) else ref
        if address < 0:
            self.machine.module_heap.overridden.add(address)
            settled = self.namespace or is_settled(obj)
            defining = self.namespace or (settled and self.machine.loading > 0)
            self.machine.module_heap.update(address, obj, defining=defining, heap=self.state.heap)
            seen = address in self.state.heap or is_private(obj) or is_variable(obj)
            if self.namespace or (settled and not seen):
                return
        self.state.heap[address] = obj

    def new(self, obj: HeapObject) -> Ref:
        """Allocate; a module's own statements allocate on the heap of the modules."""
        if self.namespace:
            return self.machine.module_heap.allocate(obj)
        return self.state.allocate(obj)

    def entities(self) -> list[tuple[int, EntityObject]]:
        """All entities of this path's heap."""
        return [(a, o) for a, o in self.state.heap.items() if isinstance(o, EntityObject)]

    # ------------------------------------------------------------------ facts

    def unknown(self, reason: str, type: str = "") -> Unknown:
        """A new unknown value, different from all others."""
        return Unknown(reason, self.machine.fresh_symbol(), None, type)

    def emit(self, fact: Fact, history: History = ()) -> None:
        """Record a fact, with the history of the object it is about: the shortest from each query that it is
        settled for.
        """
        if isinstance(fact, Read) and fact.origin is None and history and fact.is_settled:
            first = history[0]
            if isinstance(first, Step):
                fact = replace(fact, origin=first.site)
        known = self.facts.get(fact)
        if known is None or len(history) < len(known):
            self.facts[fact] = history

    def absorb(self, facts: Mapping[Fact, History], addresses: list[int], step: Step) -> None:
        """Take over what a call found; histories that lead back to the caller's objects are spliced in."""
        for fact, history in facts.items():
            self.emit(fact, self.splice(history, addresses, step))

    def splice(self, history: History, addresses: list[int], step: Step) -> History:
        """Replace ``Inherited`` by the caller's history and the step of the call."""
        if not any(isinstance(h, Inherited) for h in history):
            return history
        out: list[Step | Inherited | Via] = []
        for item in history:
            if isinstance(item, Inherited):
                address = addresses[item.address] if 0 <= item.address < len(addresses) else item.address
                owner = self.entity(address)
                if owner is not None:
                    out.extend(owner.history)
                out.append(step)
            else:
                out.append(item)
        return shorten(tuple(out))


def shorten(history: History) -> History:
    """Keep the beginning (the query) and the end (the read) of a long way, and what took the attributes."""
    if len(history) <= min(MAX_HISTORY, MAX_PATH) and len(set(history)) == len(history):
        return history
    steps = dict.fromkeys(item for item in history if not isinstance(item, Via))
    left_out = _middle(list(steps)) if len(steps) > MAX_HISTORY else set()
    out: list[Step | Inherited | Via] = []
    hops = 0
    for item in history:
        if isinstance(item, Via):
            hops += 1
            if hops <= MAX_PATH:
                out.append(item)
        elif item in steps and item not in left_out:
            out.append(item)
            del steps[item]
    return tuple(out)


def _middle(steps: list[Step | Inherited]) -> set[Step | Inherited]:
    """What a long way can do without."""
    expired = [s for s in steps if isinstance(s, Step) and s.event is Event.EXPIRED]
    others = [s for s in steps[3:] if s not in expired[-1:]]
    return set(others[: len(steps) - MAX_HISTORY])
