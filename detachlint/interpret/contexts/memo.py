"""The memo of contexts: what a function does in a context is worked out once, and looked up from then on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from typing import TYPE_CHECKING

from detachlint.domain.facts import Event, Fact, Step
from detachlint.domain.source import Site
from detachlint.interpret.contexts.compared import Compared
from detachlint.interpret.contexts.given_rows import rows_given, sought_above
from detachlint.interpret.contexts.lean_heap import LeanHeap
from detachlint.interpret.contexts.plainness import lean, plain
from detachlint.interpret.contexts.returning import Call
from detachlint.interpret.contexts.summaries import (
    Summary,
    brings_objects,
    changes_objects,
    distinct_outcomes,
    is_felt,
)
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import EntityObject, HeapObject, History, SessionObject, State, told
from detachlint.interpret.left_out import LeftOut
from detachlint.interpret.likeness.canonical import Context, canonicalise
from detachlint.interpret.likeness.renaming import reachable
from detachlint.interpret.paths.attempts import MAX_WORK, Ending
from detachlint.interpret.values import Const, Function, Ref, Unknown, Value
from detachlint.interpret.variables.module_heap import EVERYWHERE
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, FunctionInfo

if TYPE_CHECKING:
    from detachlint.interpret.machine import Machine

MAX_DEPTH = 40
MAX_CONTEXTS = 600
# How many times as many a function may have that only passes on what it is given.
PASSES_ON = 4
# Contexts of one function that run inside each other: an argument may grow at each step.
MAX_RECURSION = 4
PLAIN_CONTEXTS = 8
# Statements times paths that one function may cost in all its contexts, without its calls.
MAX_FUNCTION_WORK = 1_500
# Where it is given objects of the ORM.
MAX_WORK_ON_OBJECTS = 12_000
MAX_OUTCOMES = 4


class Memo:
    """What is known of the functions of one program.

    Args:
        machine: runs them.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._summaries: dict[tuple[object, ...], Summary] = {}
        self._running: dict[FunctionInfo, list[Summary]] = {}
        self._contexts: Counter[str] = Counter()
        self._changing: set[str] = set()
        self._bringing: set[str] = set()
        self._work: Counter[str] = Counter()
        # Function -> the objects of modules that it has looked at so far, in whatever context.
        self._looked_at: dict[str, set[int]] = {}
        self._compared = Compared()
        # Function -> whether it has met the ORM, in whatever context.
        self._met: dict[str, bool] = {}
        self._passes_on: dict[FunctionInfo, bool] = {}

    def forget(self, changed: set[int]) -> None:
        """Of what is remembered, all that looked at these objects of modules."""
        everything = EVERYWHERE in changed
        self._contexts.clear()
        kept = {k: s for k, s in self._summaries.items() if not everything and not s.touched & changed}
        self._summaries = kept

    def look_up(
        self,
        frame: Frame,
        function: Function,
        env: dict[str, Value],
        site: Site,
        rows: frozenset[int] = frozenset(),
    ) -> Call | Unknown:
        """The call with its summary, which is made if the context is new; or why there is none.

        Args:
            rows: objects of the caller that the call is known to ask for by their keys.
        """
        machine, info = self._machine, function.info
        if frame.depth >= MAX_DEPTH:
            machine.cut_off(frame, "calls too deep")
            return self.not_followed(frame, function, env, "call nested too deeply")
        for called in machine.hooks("called"):
            called(frame, info, env)
        counted = _counted_as(frame, function)
        names = tuple(sorted(env))
        arguments = [lean(frame, env[n]) for n in names]
        constants: dict[int, Const] = {}
        if self._contexts[counted] > PLAIN_CONTEXTS:
            arguments = plain(frame, arguments, constants, self._compared.constants(info))
        if self._contexts[counted] > MAX_CONTEXTS and not machine.loading and self._is_full(counted, info):
            machine.cut_off(frame, "contexts over the bound")
            return self.not_followed(frame, function, env, "too many contexts")
        context = self._context(frame, arguments, constants, self._looked_at.get(counted), rows)
        key = (info, names, context.key, frame.guards, frame.method, frame.reading)
        summary = self._summaries.get(key)
        if summary is None and (machine.is_spent or (machine.is_afar and self._keeps_away(counted))):
            machine.cut_off(frame, "calls left out: the entry point cost too much")
            self._leave_out(frame, function, names, context, site)
            return self.not_followed(frame, function, env, "entry point that costs too much")
        running = self._running.setdefault(info, [])
        if summary is None and len(running) >= MAX_RECURSION:
            return self._recursive(frame, running[-1])
        # Whoever was left out is run by itself later.
        machine.ran.add(info.qualname)
        if summary is None:
            summary = self._new(frame, function, counted, names, context, key)
            if self._has_looked_further(frame, counted, context, summary):
                del self._summaries[key]
                return self.look_up(frame, function, env, site, rows)
        elif not summary.done:
            return self._recursive(frame, summary)
        if summary.sought:
            given = rows_given(frame, context, summary.sought)
            if not given <= rows:
                return self.look_up(frame, function, env, site, rows | given)
        self._absorb(frame, info, context, summary, site)
        return Call(context, info, site, summary)

    def _keeps_away(self, counted: str) -> bool:
        """Whether a function has been run, and has not come near the ORM."""
        return self._met.get(counted) is False

    def _is_full(self, counted: str, info: FunctionInfo) -> bool:
        """Whether a function has had all its contexts; one that only passes things on may have more."""
        passes_on = self._passes_on.get(info)
        if passes_on is None:
            passes_on = self._passes_on[info] = only_passes_on(info)
        return not passes_on or self._contexts[counted] > MAX_CONTEXTS * PASSES_ON

    def postpone(self, frame: Frame, function: Function, env: dict[str, Value], site: Site) -> None:
        """A call is not made here, but by itself later."""
        names = tuple(sorted(env))
        context = self._context(frame, [lean(frame, env[n]) for n in names], {})
        self._leave_out(frame, function, names, context, site)

    def _context(
        self,
        frame: Frame,
        arguments: list[Value],
        constants: dict[int, Const],
        looked_at: Set[int] | None = None,
        rows: Set[int] = frozenset(),
    ) -> Context:
        """Args:
        looked_at: those of the modules' objects that matter to the call; None for all.
        rows: objects that the call asks for by their keys.
        """
        machine = self._machine
        own = sorted(a for a in frame.state.heap if a < 0)
        if looked_at is not None:
            own = [a for a in own if a in looked_at or _is_watched(frame.state.heap[a])]
        roots = [*arguments, *(Ref(a) for a in own), *(Ref(a) for a in sorted(rows))]
        heap: Mapping[int, HeapObject] = {**frame.state.heap, **self._told_sessions(frame)}
        if machine.is_large:
            heap = LeanHeap(heap)
        context = canonicalise(machine.exact_shapes, roots, heap)
        context.constants = constants
        return context

    def _told_sessions(self, frame: Frame) -> dict[int, SessionObject]:
        """What a call can't see but may meet in the identity map: which entities, and which of their
        attributes, the caller's objects have loaded in each session.
        """
        noted: dict[int, SessionObject] = {}
        for note in self._machine.hooks("note_loaded"):
            noted |= {a: s for a, s in note(frame).items() if a in frame.state.heap}
        return noted

    def _absorb(
        self, frame: Frame, info: FunctionInfo, context: Context, summary: Summary, site: Site
    ) -> None:
        """Whatever the call finds and goes through, its caller does."""
        machine = self._machine
        machine.module_heap.touched |= summary.touched
        machine.module_heap.overridden |= summary.overridden
        machine.footprints.passed |= summary.passed
        machine.cuts += summary.cut
        machine.meetings += summary.met
        machine.sought |= sought_above(context, summary.sought)
        if frame.namespace:
            machine.footprints.shared |= summary.passed
        step = Step(site, f"passed to `{info.name}`", Event.PASSED)
        facts: Mapping[Fact, History] = summary.facts
        for seen_above in machine.hooks("seen_above"):
            facts = seen_above(frame, facts, context.addresses)
        frame.absorb(facts, context.addresses, step)

    # ------------------------------------------------------ calls not followed

    def _recursive(self, frame: Frame, called: Summary) -> Unknown:
        self._machine.counts["recursive calls"] += 1
        called.recursive = True
        return frame.unknown("recursive call")

    def _leave_out(
        self, frame: Frame, function: Function, names: tuple[str, ...], context: Context, site: Site
    ) -> None:
        machine = self._machine
        if machine.running is not None:
            guards, method, reading = frame.guards, frame.method, frame.reading
            machine.left_out.note(
                LeftOut(machine.running, function, names, context, guards, method, reading, site)
            )

    def not_followed(self, frame: Frame, function: Function, env: dict[str, Value], reason: str) -> Unknown:
        """A call is left out. It may have loaded what its objects lack, or other objects, unless the function
        never does; a method of an entity may have told that they lack it.
        """
        info, name = function.info, _name_of(function)
        own = env.get(info.node.params[0].name) if info.owner is not None and info.node.params else None
        changing = (
            self._contexts[_counted_as(frame, function)] == 0
            or name in self._changing
            or frame.entity(own) is not None
        )
        if changing or name in self._bringing:
            reached = sorted(reachable(env.values(), frame.state.heap))
            for not_followed in self._machine.hooks("not_followed"):
                not_followed(frame, reached, changing=changing)
        return frame.unknown(reason)

    # ------------------------------------------------------------ new contexts

    def _new(
        self,
        frame: Frame,
        function: Function,
        counted: str,
        names: tuple[str, ...],
        context: Context,
        key: tuple[object, ...],
    ) -> Summary:
        """The summary of a new context. While it is made, a recursive call finds it, not done."""
        machine = self._machine
        summary = self._summaries[key] = Summary()
        self._contexts[counted] += 1
        machine.counts["contexts"] += 1
        context.rename(machine.exact_shapes, machine.coarse_shapes)
        running = self._running[function.info]
        running.append(summary)
        meetings = machine.meetings
        try:
            bound = dict(zip(names, context.arguments, strict=False))
            self._run(frame, function, bound, context, summary)
        finally:
            running.pop()
        summary.met = machine.meetings != meetings
        self._met[counted] = self._met.get(counted, False) or summary.met or context.has_objects
        return summary

    def _has_looked_further(self, frame: Frame, counted: str, context: Context, summary: Summary) -> bool:
        """Whether a call has looked at objects of modules which its caller has changed and did not pass."""
        looked_at = summary.touched | summary.overridden
        self._looked_at.setdefault(counted, set()).update(looked_at)
        return any(a in frame.state.heap and a not in context.heap for a in looked_at)

    def _run(
        self, frame: Frame, function: Function, env: dict[str, Value], context: Context, summary: Summary
    ) -> None:
        """Run the body, and fill the summary."""
        from detachlint.interpret.statements.execute import run_function

        machine, info, name = self._machine, function.info, _name_of(function)
        known = self._compared.known_of_hidden(info, context)
        inner = Frame(
            machine,
            info.module,
            info,
            info.owner,
            State(env, dict(context.heap), len(context.addresses), learnt=known),
            guards=frame.guards,
            depth=frame.depth + 1,
            method=frame.method,
            reading=frame.reading,
            inputs=len(context.addresses),
        )
        start = MAX_WORK * machine.slack + 1 if self._is_costly(name, context) else 0
        work, machine.work = machine.work, start
        inlined, machine.inlined = machine.inlined, 0
        module_heap = machine.module_heap
        touched, module_heap.touched = module_heap.touched, set()
        overridden, module_heap.overridden = module_heap.overridden, set()
        passed, machine.footprints.passed = machine.footprints.passed, 0
        sought, machine.sought = machine.sought, set()
        cuts = machine.cuts
        machine.footprints.enter(info.qualname)
        endings = run_function(inner, info.node)
        machine.inlined = inlined
        summary.touched, module_heap.touched = frozenset(module_heap.touched), touched
        summary.overridden, module_heap.overridden = frozenset(module_heap.overridden), overridden
        summary.passed, machine.footprints.passed = machine.footprints.passed, passed
        summary.sought, machine.sought = frozenset(machine.sought), sought
        self._work[name] += machine.work - start
        if machine.work > MAX_WORK * machine.slack:
            machine.cut_off(inner, "activations over the bound of work")
            if not any(kind == "return" for kind, _, _ in endings):
                # One of the paths that were not followed returns, or so its callers must assume.
                begin = State({}, dict(context.heap), len(context.addresses))
                endings.append(("return", inner.unknown("function that costs too much"), begin))
        machine.work = work
        self._conclude(inner, name, endings, context, summary)
        summary.cut = machine.cuts != cuts

    def _conclude(
        self, inner: Frame, name: str, endings: list[Ending], context: Context, summary: Summary
    ) -> None:
        """The body has run."""
        machine = self._machine
        bound = MAX_OUTCOMES * machine.slack
        listed = distinct_outcomes(inner, endings, context)
        if len(listed) > bound:
            machine.cut_off(inner, "outcomes over the bound")
            listed.sort(key=lambda o: (o.kind == "return", told(o.heap)), reverse=True)
        summary.outcomes = tuple(listed[:bound])
        if summary.recursive and any(is_felt(o, context) for o in summary.outcomes):
            machine.cut_off(inner, "recursive calls that change objects")
        if changes_objects(summary.outcomes, context):
            self._changing.add(name)
        if brings_objects(summary.outcomes, context):
            self._bringing.add(name)
        summary.facts = inner.facts
        summary.done = True

    def _is_costly(self, name: str, context: Context) -> bool:
        """Whether a function has cost so much that what it does in a further context is followed along one
        path.
        """
        work = self._work[name]
        if work <= MAX_FUNCTION_WORK * self._machine.slack:
            return False
        has_objects = any(isinstance(o, (EntityObject, SessionObject)) for o in context.heap.values())
        return not has_objects or work > MAX_WORK_ON_OBJECTS * self._machine.slack


def _is_watched(obj: HeapObject) -> bool:
    """Whether a call may look for an object without naming it."""
    return isinstance(obj, SessionObject) and (bool(obj.ending) or obj.shared or not obj.known)


def only_passes_on(info: FunctionInfo) -> bool:
    """Whether all that a function does is to return calls, perhaps chosen by a test."""
    return all(
        isinstance(statement, ir.Return)
        or (isinstance(statement, ir.If) and all(isinstance(s, ir.Return) for s in statement.body))
        or (isinstance(statement, ir.ExprStmt) and isinstance(statement.value, (ir.Const, ir.Opaque)))
        for statement in info.node.body
    )


def _counted_as(frame: Frame, function: Function) -> str:
    """The name under which the contexts of a function count. A method has one for each class of objects."""
    name = _name_of(function)
    instance = frame.instance(function.bound)
    if (
        instance is not None
        and isinstance(instance.cls, ClassInfo)
        and instance.cls is not function.info.owner
    ):
        name = f"{name} of {instance.cls.qualname}"
    return name


def _name_of(function: Function) -> str:
    """The name under which the work of a function counts. A decorator's wrapper is one for
    each function that it wraps.
    """
    name = function.info.qualname
    for _, value in function.closure:
        if isinstance(value, Function):
            name = f"{name} of {value.info.qualname}"
    return name
