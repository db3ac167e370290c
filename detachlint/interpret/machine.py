"""The interpreter as a whole: modules, the memo of contexts, entry points, counts."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Protocol

from detachlint.config import Config
from detachlint.domain.facts import Fact, Step
from detachlint.domain.models import ModelGraph
from detachlint.domain.source import Problem, Site
from detachlint.interpret.canonical import (
    FIRST_OWN_SYMBOL,
    KEPT,
    Context,
    Renaming,
    canonicalise,
    reachable,
    state_key,
)
from detachlint.interpret.frame import Arguments, Frame, RaisedError, shorten
from detachlint.interpret.heap import (
    Base,
    Dictionary,
    EntityObject,
    HeapObject,
    History,
    Instance,
    Life,
    Loaded,
    Sequence,
    SessionObject,
    State,
)
from detachlint.interpret.liveness import last_uses
from detachlint.interpret.values import NONE, Const, Function, Member, Ref, Unknown, Value, union
from detachlint.parse import ir
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import ClassInfo, External, FunctionInfo, ModuleInfo

MAX_DEPTH = 40
MAX_CONTEXTS = 30
PLAIN_CONTEXTS = 8
# Statements times paths that one entry point may cost, all calls included.
MAX_ENTRY_WORK = 3_000
# From this size on calls are told apart by less.
MANY_FUNCTIONS = 600
MAX_OUTCOMES = 4


class Framework(Protocol):
    """What a library's names mean. Every method answers None for what it doesn't know."""

    def call(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
        """A function or class of a library is called."""

    def member(self, frame: Frame, receiver: Value, name: str, site: Site) -> Value | None:
        """An attribute of a value is read."""

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        """``receiver.name(...)`` for a ``Member``, and ``name == "__call__"`` for calls of heap objects."""

    def assign(self, frame: Frame, receiver: Value, name: str, value: Value, site: Site) -> bool:
        """An attribute of a value is set; True when that was handled."""

    def construct(self, frame: Frame, cls: ClassInfo, args: Arguments, site: Site) -> Value | None:
        """A class of the program is called."""

    def annotated(
        self, frame: Frame, name: External | ClassInfo, arguments: tuple[ir.Expr, ...]
    ) -> Value | None:
        """A value of which only the annotation is known: a parameter of an entry point, an attribute."""

    def enter(self, frame: Frame, value: Value, site: Site) -> Value | None:
        """``with value``: what ``as`` gets."""

    def leave(self, frame: Frame, value: Value, site: Site, failed: bool) -> None:
        """The ``with`` block is left."""

    def decorated(self, frame: Frame, decorator: Value, function: Function, site: Site) -> Value | None:
        """A function of the program is decorated with something of a library: what its name stands for
        then.
        """

    def entries(self, machine: Machine) -> Iterator[Entry]:
        """Ways in which the outside calls the program."""


class Entry(Protocol):
    """An entry point: runs itself in a frame that the machine provides."""

    @property
    def function(self) -> FunctionInfo | None: ...

    def run(self, frame: Frame) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call can end: ``return`` or ``raise``, in terms of the context's addresses and symbols."""

    kind: str
    value: Value
    heap: dict[int, HeapObject]
    next_address: int


@dataclass(slots=True)
class Summary:
    """What running a function in a context does; ``done`` is False while it runs (recursion)."""

    outcomes: tuple[Outcome, ...] = ()
    facts: dict[Fact, History] = field(default_factory=dict)
    done: bool = False


class Machine:
    """Interprets one program.

    Args:
        program: modules and names.
        graph: the mapped classes.
        frameworks: asked in order.
        config: the options of the run.
        notes: what a framework remembers of the run, under a class of its own.
        escaped: entities whose instances were passed to functions that nobody knows.
    """

    def __init__(
        self, program: Program, graph: ModelGraph, frameworks: Seq[Framework], config: Config | None = None
    ) -> None:
        self.program = program
        self.config = config or Config()
        self.notes: dict[type, object] = {}
        self.escaped: set[str] = set()
        self.graph = graph
        self.frameworks = tuple(frameworks)
        self.global_heap: dict[int, HeapObject] = {}
        self.namespaces: dict[str, dict[str, Value]] = {}
        self.facts: dict[Fact, History] = {}
        self.counts: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()
        self.ran: set[str] = set()
        self.class_values: dict[tuple[str, str], Value] = {}
        self.function_values: dict[str, Value] = {}
        self.building: list[str] = []
        self.inlined = 0
        self.problems: set[Problem] = set()
        self.work = 0
        self.spent = 0
        self.brought_along: dict[object, set[str]] = {}
        self.nested_loads: dict[object, set[tuple[str, str]]] = {}
        self.validated: set[object] = set()
        self.request_sessions: tuple[int, tuple[int, ...]] | None = None
        self._last_uses: dict[int, dict[str, int]] = {}
        self.is_large = len(program.functions) > MANY_FUNCTIONS
        self.changed_globals = False
        self._promoted: dict[tuple[int | str, str], dict[object, Value]] = {}
        self.nowhere = Site("", 0)
        self._overrides: dict[tuple[str, str], Value] = {}
        self._names: dict[int, frozenset[str]] = {}
        self._memo: dict[tuple[object, ...], Summary] = {}
        self._contexts: Counter[str] = Counter()
        self._symbol = FIRST_OWN_SYMBOL
        self._next_global = 0

    # ------------------------------------------------------------ the modules

    def fresh_symbol(self) -> int:
        self._symbol += 1
        return self._symbol

    def allocate_global(self, obj: HeapObject) -> Ref:
        self._next_global -= 1
        self.global_heap[self._next_global] = obj
        return Ref(self._next_global)

    def update_global(
        self,
        address: int,
        obj: HeapObject,
        *,
        defining: bool,
        heap: Mapping[int, HeapObject] = MappingProxyType({}),
    ) -> None:
        """A module's object changed. While the module runs that is an ordinary change; later, from a
        function, other functions may see it or not, so what was there before stays possible.
        """
        known = self.global_heap.get(address)
        if defining or known is None:
            self.global_heap[address] = obj
            return
        match known, obj:
            case Instance(), Instance():
                fields = dict(known.fields)
                for name, value in obj.fields.items():
                    kept = self.promote(heap, value, (address, name), "module-level object")
                    if kept is not None:
                        fields[name] = kept if name not in fields else union([fields[name], kept])
                self.global_heap[address] = replace(known, fields=fields)
            case Dictionary(), Dictionary():
                pairs = [*obj.entries, *([obj.rest] if obj.rest is not None else [])]
                values = [self.promote(heap, v, (address, "entry"), "module-level cache") for _, v in pairs]
                kept_values = [v for v in values if v is not None]
                if kept_values:
                    rest = known.rest[1] if known.rest is not None else None
                    joined = union([*kept_values, *([rest] if rest is not None else [])])
                    self.global_heap[address] = replace(known, rest=(Unknown("key"), joined))
            case Sequence(), Sequence():
                several = [*obj.items, *([obj.rest] if obj.rest is not None else [])]
                values = [self.promote(heap, v, (address, "item"), "module-level list") for v in several]
                kept_values = [v for v in values if v is not None]
                if kept_values:
                    joined = union([*kept_values, *([known.rest] if known.rest is not None else [])])
                    self.global_heap[address] = replace(known, rest=joined, empty=None)
            case _:
                pass

    def is_settled(self, obj: HeapObject) -> bool:
        """Whether a changed object of a module holds nothing of the running call, so that the modules' heap
        says it all.
        """
        match obj:
            case Instance():
                return not any(reaches_local(v) for v in obj.fields.values())
            case Sequence():
                return not any(
                    reaches_local(v) for v in (*obj.items, *([obj.rest] if obj.rest is not None else []))
                )
            case Dictionary():
                pairs = (*obj.entries, *([obj.rest] if obj.rest is not None else []))
                return not any(reaches_local(k) or reaches_local(v) for k, v in pairs)
            case _:
                return False

    def promote(
        self, heap: Mapping[int, HeapObject], value: Value, slot: tuple[int | str, str], how: str
    ) -> Value | None:
        """A copy, on the heap of the modules, of what a call stored in something that outlives it: by the
        time that another function finds it there, its session has ended.

        Args:
            slot: what it was stored in; a slot keeps a few different things only.
        """
        if not reaches_local(value):
            return value
        if isinstance(value, Ref) and isinstance(heap.get(value.address), Instance):
            return None
        context = canonicalise([value], {a: o for a, o in heap.items() if a >= 0}, inherit=False)
        known = self._promoted.setdefault(slot, {})
        if context.key in known:
            return known[context.key]
        if len(known) >= 3:
            return None
        addresses: dict[int, int] = {}

        def address(number: int) -> int:
            if number < 0:
                return number
            if number not in addresses:
                self._next_global -= 1
                addresses[number] = self._next_global
            return addresses[number]

        renaming = Renaming(address, lambda s: self.fresh_symbol())
        promoted = renaming.value(context.arguments[0])
        for number, obj in context.heap.items():
            new = renaming.heap_object(obj)
            if isinstance(new, EntityObject) and new.life is not Life.TRANSIENT:
                scoped = isinstance(obj, EntityObject) and obj.session is not None and obj.session < 0
                life = new.life if scoped or new.life is Life.UNKNOWN else Life.DETACHED
                session = new.session if scoped else None
                history = tuple(h for h in new.history if isinstance(h, Step))
                new = replace(new, life=life, session=session, outlives=how, history=history)
            self.global_heap[address(number)] = new
        known[context.key] = promoted
        self.counts["objects kept beyond their session"] += 1
        self.changed_globals = True
        return promoted

    def namespace(self, module: ModuleInfo) -> dict[str, Value]:
        """The module's global variables; runs the module's body when it is first asked for."""
        known = self.namespaces.get(module.key)
        if known is None:
            known = self.namespaces[module.key] = {}
            from detachlint.interpret.execute import run_module

            run_module(self, module, known)
        return known

    def class_override(self, cls: ClassInfo, name: str) -> Value | None:
        """What the program assigned to ``cls.name`` from outside the class's body."""
        return self._overrides.get((cls.qualname, name))

    def set_class_variable(self, cls: ClassInfo, name: str, value: Value) -> None:
        if not reaches_local(value):
            self._overrides[cls.qualname, name] = value

    def last_uses(self, node: ir.FunctionDef) -> dict[str, int]:
        known = self._last_uses.get(id(node))
        if known is None:
            known = self._last_uses[id(node)] = last_uses(node)
        return known

    def names_in(self, node: ir.Lambda | ir.FunctionDef) -> frozenset[str]:
        """All names that occur in a nested function."""
        known = self._names.get(id(node))
        if known is None:
            found: set[str] = set()
            _collect_names(node, found)
            known = self._names[id(node)] = frozenset(found)
        return known

    # -------------------------------------------------------------- the calls

    def invoke(self, frame: Frame, function: Function, env: dict[str, Value], site: Site) -> Value:
        """Run ``function`` with its parameters bound in ``env``, and bring the outcome into ``frame``."""
        info = function.info
        self.ran.add(info.qualname)
        if frame.depth >= MAX_DEPTH:
            self.counts["calls too deep"] += 1
            return frame.unknown("call nested too deeply")
        for framework in self.frameworks:
            called = getattr(framework, "called", None)
            if called is not None:
                called(frame, info, env)
        names = tuple(sorted(env))
        arguments = [_lean(frame, env[n]) for n in names]
        if self._contexts[info.qualname] > PLAIN_CONTEXTS:
            arguments = [_plain(v) for v in arguments]
        if self._contexts[info.qualname] > MAX_CONTEXTS:
            self.counts["contexts over the bound"] += 1
            return frame.unknown("too many contexts")
        roots = [*arguments, *(Ref(a) for a in sorted(frame.state.heap) if a < 0)]
        context = canonicalise(roots, {**frame.state.heap, **self._told_sessions(frame)}, lean=self.is_large)
        key = (info, names, context.key, frame.guards, frame.method, frame.reading)
        summary = self._memo.get(key)
        if summary is None and self.is_spent:
            self.counts["calls left out: the entry point cost too much"] += 1
            return frame.unknown("entry point that costs too much")
        if summary is None:
            summary = self._memo[key] = Summary()
            self._contexts[info.qualname] += 1
            self.counts["contexts"] += 1
            self._run(frame, function, dict(zip(names, context.arguments, strict=False)), context, summary)
        elif not summary.done:
            self.counts["recursive calls"] += 1
            return frame.unknown("recursive call")
        step = Step(site, f"passed to `{info.name}`")
        frame.absorb(summary.facts, context.addresses, step)
        if not summary.outcomes:
            from detachlint.interpret.frame import InfeasibleError

            raise InfeasibleError
        outcome = summary.outcomes[frame.choose(len(summary.outcomes))]
        return self._apply(frame, outcome, context, site, info)

    def _run(
        self, frame: Frame, function: Function, env: dict[str, Value], context: Context, summary: Summary
    ) -> None:
        from detachlint.interpret.execute import MAX_WORK, run_function

        state = State(env, dict(context.heap), len(context.addresses))
        inner = Frame(
            self,
            function.info.module,
            function.info,
            function.info.owner,
            state,
            guards=frame.guards,
            depth=frame.depth + 1,
            method=frame.method,
            reading=frame.reading,
            inputs=len(context.addresses),
        )
        work, self.work = self.work, 0
        inlined, self.inlined = self.inlined, 0
        exits = run_function(inner, function.info.node)
        self.inlined = inlined
        if self.work > MAX_WORK:
            self.counts["activations over the bound of work"] += 1
        self.work = work
        outcomes: dict[object, Outcome] = {}
        for kind, value, end in exits:
            outcome = self._outcome(kind, value, end, context)
            key = self._outcome_key(outcome, context)
            outcomes.setdefault(key, outcome)
        listed = list(outcomes.values())
        if len(listed) > MAX_OUTCOMES:
            self.counts["outcomes over the bound"] += 1
            listed.sort(key=lambda o: o.kind != "return")
        summary.outcomes = tuple(listed[:MAX_OUTCOMES])
        summary.facts = inner.facts
        summary.done = True

    def _told_sessions(self, frame: Frame) -> dict[int, SessionObject]:
        """What a call can't see but may meet in the identity map: which entities, and which of their
        attributes, the caller's objects have loaded in each session.
        """
        told: dict[int, SessionObject] = {}
        for framework in self.frameworks:
            note = getattr(framework, "note_loaded", None)
            if note is not None:
                told |= {a: s for a, s in note(frame).items() if a in frame.state.heap}
        return told

    def _outcome(self, kind: str, value: Value, end: State, context: Context) -> Outcome:
        changed = {a: o for a, o in end.heap.items() if a in context.heap and o is not context.heap[a]}
        fresh_globals = {a: o for a, o in end.heap.items() if a < 0 and a not in context.heap}
        size = len(context.addresses)
        live = reachable([value, *(Ref(a) for a in changed), *(Ref(a) for a in fresh_globals)], end.heap)
        heap = {a: end.heap[a] for a in sorted(live) if a >= size}
        heap.update(changed)
        heap.update(fresh_globals)
        return Outcome(kind, value, heap, end.next_address)

    def _outcome_key(self, outcome: Outcome, context: Context) -> object:
        roots: list[Value] = [outcome.value]
        roots += [Ref(i) for i in range(len(context.addresses))]
        merged = {**context.heap, **outcome.heap}
        return (outcome.kind, state_key(roots, merged))

    def _apply(
        self, frame: Frame, outcome: Outcome, context: Context, site: Site, info: FunctionInfo
    ) -> Value:
        size = len(context.addresses)
        fresh: dict[int, int] = {}
        symbols: dict[int, int] = {}

        def address(number: int) -> int:
            if number < 0:
                return number
            if number < size:
                return context.addresses[number]
            if number not in fresh:
                if frame.namespace:
                    self._next_global -= 1
                    fresh[number] = self._next_global
                else:
                    fresh[number] = frame.state.next_address
                    frame.state.next_address += 1
            return fresh[number]

        def symbol(number: int) -> int:
            if number <= len(context.symbols):
                return context.symbols[number - 1]
            if number not in symbols:
                symbols[number] = self.fresh_symbol()
            return symbols[number]

        renaming = Renaming(address, symbol)
        before = frame.state.heap
        passed = Step(site, f"passed to `{info.name}`")
        returned = Step(site, f"returned by `{info.name}`")
        incoming: dict[int, HeapObject] = {}
        for number, obj in outcome.heap.items():
            new = renaming.heap_object(obj)
            if isinstance(new, EntityObject):
                history = (
                    frame.splice(new.history, context.addresses, passed) if number < size else new.history
                )
                if number < size:
                    known = before.get(context.addresses[number]) if number >= 0 else None
                    if isinstance(known, EntityObject):
                        if len(new.history) == 1:
                            history = known.history
                        new = with_graph(frame, new, known) if self.is_large else new
                elif history:
                    history = shorten((*frame.splice(history, context.addresses, passed), returned))
                new = replace(new, history=history)
            elif isinstance(new, SessionObject) and number < size:
                known_session = frame.get(address(number))
                if isinstance(known_session, SessionObject):
                    self._spread(frame, address(number), new, set(context.addresses), site, info)
                    new = replace(
                        new,
                        effects=merge_effects(known_session.effects, new.effects),
                        classes=known_session.classes,
                        history=known_session.history or new.history,
                    )
            elif isinstance(new, Instance) and number < size:
                held = frame.get(address(number))
                if isinstance(held, Instance):
                    new = replace(new, fields={**held.fields, **new.fields})
            incoming[address(number)] = new
        for target, obj in incoming.items():
            if target < 0:
                self.update_global(target, obj, defining=frame.namespace, heap={**before, **incoming})
            if not frame.namespace:
                frame.state.heap[target] = obj
        value = renaming.value(outcome.value)
        if outcome.kind == "raise":
            raise RaisedError(value)
        return value

    def _spread(
        self,
        frame: Frame,
        session: int,
        after: SessionObject,
        passed: set[int],
        site: Site,
        info: FunctionInfo,
    ) -> None:
        """A call committed, closed ... a session: the objects of that session that the call never saw change
        too.
        """
        for effect in after.effects:
            for framework in self.frameworks:
                spread = getattr(framework, "spread", None)
                if spread is not None:
                    spread(frame, session, effect, passed, Step(site, f"{effect} in `{info.name}`"))

    @property
    def is_spent(self) -> bool:
        """Whether the running entry point has cost as much as one may."""
        return self.spent > MAX_ENTRY_WORK

    # ---------------------------------------------------------------- later

    def schedule(self, frame: Frame, coroutine: Value, site: Site) -> None:
        """A task was started; frameworks decide when it runs and what it finds then."""
        for framework in self.frameworks:
            scheduled = getattr(framework, "scheduled", None)
            if scheduled is not None:
                scheduled(frame, coroutine, site)

    def concurrent(self, frame: Frame, coroutines: tuple[Value, ...], site: Site) -> None:
        """Several coroutines run at once."""
        for framework in self.frameworks:
            concurrent = getattr(framework, "concurrent", None)
            if concurrent is not None:
                concurrent(frame, coroutines, site)

    def finished(self, frame: Frame, site: Site) -> None:
        """The coroutines that ran at once have ended."""
        for framework in self.frameworks:
            finished = getattr(framework, "finished", None)
            if finished is not None:
                finished(frame, site)

    # ------------------------------------------------------------ entry points

    def run(self, order: Iterable[Entry]) -> None:
        """Run entry points, each in a frame of its own, and collect their facts."""
        for entry in order:
            self.enter(entry)

    def enter(self, entry: Entry) -> None:
        function = entry.function
        module = function.module if function is not None else next(iter(self.program.modules.values()))
        frame = Frame(
            self,
            module,
            function,
            function.owner if function is not None else None,
            State({}, {}, 0),
        )
        self.counts["entry points"] += 1
        self.work = 0
        self.spent = 0
        self.validated.clear()
        try:
            entry.run(frame)
        except (
            Exception
        ) as error:  # one function that can't be followed must not hide what is wrong with the others
            if os.environ.get("DETACHLINT_DEBUG"):
                raise
            what = f"`{function.qualname}`" if function is not None else "an entry point"
            self.problems.add(
                Problem(module.path, 1, f"internal error while following {what}: {type(error).__name__}")
            )
        self.collect(frame.facts)

    def forget_contexts(self) -> None:
        """Run everything again: the modules' objects have changed since."""
        self._memo.clear()
        self._contexts.clear()
        self.ran.clear()
        self.changed_globals = False

    def collect(self, facts: dict[Fact, History]) -> None:
        for fact, history in facts.items():
            known = self.facts.get(fact)
            if known is None or len(history) < len(known):
                self.facts[fact] = history


def _collect_names(item: object, found: set[str]) -> None:
    if isinstance(item, ir.Name):
        found.add(item.id)
    elif isinstance(item, tuple):
        for each in item:
            _collect_names(each, found)
    elif isinstance(item, (ir.Node, ir.Arg, ir.Clause, ir.Case, ir.Param)):
        for name in item.__struct_fields__:
            _collect_names(getattr(item, name), found)


def with_graph(frame: Frame, obj: EntityObject, known: EntityObject) -> EntityObject:
    """Give back what ``without_graph`` left with the caller; what the call has looked into may be loaded
    further.
    """
    attributes = dict(obj.attributes)
    for name, state in known.attributes.items():
        now = attributes.get(name)
        if isinstance(state, Loaded) and isinstance(state.value, Ref) and isinstance(now, Loaded):
            if now.value == KEPT or obj.life is known.life:
                attributes[name] = state
            if now.value != KEPT:
                _blur(frame, state.value)
    return replace(obj, attributes=attributes, in_map=obj.in_map or known.in_map)


def _blur(frame: Frame, value: Value) -> None:
    """Objects below ``value`` may have been loaded further by a call that did not see them."""
    for address in reachable([value], frame.state.heap):
        obj = frame.state.heap.get(address)
        if isinstance(obj, EntityObject) and obj.base is Base.QUERIED:
            frame.state.heap[address] = replace(obj, base=Base.UNKNOWN)


def merge_effects(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*before, *after)))


def reaches_local(value: Value) -> bool:
    """Whether a value leads to the heap of one call."""
    found = False

    def visit(address: int) -> int:
        nonlocal found
        found = found or address >= 0
        return address

    Renaming(visit, lambda s: s).value(value)
    return found


def _lean(frame: Frame, value: Value) -> Value:
    """An argument without what no callee can make use of: attributes of unknown things, sentences."""
    if isinstance(value, Member):
        root: Value = value
        while isinstance(root, Member):
            root = root.receiver
        obj = frame.get(root)
        if isinstance(root, Unknown) or (
            isinstance(obj, Instance) and isinstance(value.receiver, (Member, Ref))
        ):
            return Unknown("attribute of something unknown", frame.machine.fresh_symbol())
    if (
        isinstance(value, Const)
        and isinstance(value.value, str)
        and (" " in value.value or len(value.value) > 60)
    ):
        return Unknown("text")
    return value


def _plain(value: Value) -> Value:
    """What is not about the ORM says little to a function that has been run in many contexts already."""
    if (
        isinstance(value, Const)
        and isinstance(value.value, (str, int, float))
        and not isinstance(value.value, bool)
    ):
        return Unknown("constant of one of many contexts")
    return value


__all__ = [
    "NONE",
    "Entry",
    "Framework",
    "Machine",
    "Outcome",
    "Sequence",
    "Summary",
]
