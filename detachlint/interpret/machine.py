"""The interpreter as a whole: modules, the memo of contexts, entry points, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from collections.abc import Sequence as Seq

from detachlint.config import Config
from detachlint.domain.facts import CutOff, Event, Fact, Step
from detachlint.domain.models import ModelGraph
from detachlint.domain.source import Problem, Site
from detachlint.interpret.contexts.plainness import lean, plain
from detachlint.interpret.contexts.returning import Call, PastCall
from detachlint.interpret.contexts.summaries import (
    Summary,
    brings_objects,
    changes_objects,
    distinct_outcomes,
    is_felt,
)
from detachlint.interpret.footprints import Footprints, Key
from detachlint.interpret.frame import Frame, RaisedError
from detachlint.interpret.framework import Entered, Framework
from detachlint.interpret.heap import EntityObject, History, SessionObject, State, told
from detachlint.interpret.left_out import LeftOut, LeftOuts
from detachlint.interpret.likeness.canonical import FIRST_OWN_SYMBOL, Context, canonicalise, reachable
from detachlint.interpret.likeness.shapes import Shapes
from detachlint.interpret.paths.attempts import MAX_WORK
from detachlint.interpret.paths.liveness import Mentions
from detachlint.interpret.statements.loop_exits import LoopExits
from detachlint.interpret.values import NONE, Const, Function, Ref, Unknown, Value
from detachlint.interpret.variables.module_heap import EVERYWHERE, ModuleHeap, reaches_local
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import ClassInfo, FunctionInfo, ModuleInfo

MAX_DEPTH = 40
MAX_CONTEXTS = 600
# Contexts of one function that run inside each other: an argument may grow at each step.
MAX_RECURSION = 4
PLAIN_CONTEXTS = 8
# Statements times paths that one entry point may cost, all calls included.
MAX_ENTRY_WORK = 3_000
OVERSPENT = 4
# The same for one function in all its contexts, without its calls.
MAX_FUNCTION_WORK = 1_500
# Where it is given objects of the ORM.
MAX_WORK_ON_OBJECTS = 12_000
# From this size on calls are told apart by less.
MANY_FUNCTIONS = 600
MAX_OUTCOMES = 4
# A strict run is to leave no path out: its bounds are so many times as wide.
STRICT_SLACK = 4


class Machine:
    """Interprets one program.

    Args:
        program: modules and names.
        graph: the mapped classes.
        frameworks: asked in order.
        config: the options of the run.
        slack: how many times as wide as usual the bounds are.
        notes: what a framework remembers of the run, under a class of its own.
        entered: the entry points that have run, and what of the modules they looked at.
        running: the one that runs now.
        escaped: entities whose instances were passed to functions that nobody knows.
        telling: texts that decide what a call does (a framework's optional attribute: names of templates).
    """

    def __init__(
        self, program: Program, graph: ModelGraph, frameworks: Seq[Framework], config: Config | None = None
    ) -> None:
        self.program = program
        self.config = config or Config()
        self.slack = STRICT_SLACK if self.config.strict else 1
        self.notes: dict[type, object] = {}
        self.escaped: set[str] = set()
        self.graph = graph
        self.frameworks = tuple(frameworks)
        self._that_know: dict[str, tuple[Framework, ...]] = {}
        self.namespaces: dict[str, dict[str, Value]] = {}
        self.facts: dict[Fact, History] = {}
        self.counts: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()
        self.ran: set[str] = set()
        self.footprints = Footprints()
        self.class_values: dict[tuple[str, str], Value] = {}
        self.function_values: dict[str, Value] = {}
        self.enum_members: dict[str, tuple[ClassInfo, str]] = {}
        self.loading = 0
        self.building: list[str] = []
        self.inlined = 0
        self.problems: set[Problem] = set()
        self.left_out = LeftOuts()
        self.work = 0
        self.spent = 0
        self.started = 0
        self.brought_along: dict[object, set[str]] = {}
        self.validated: set[object] = set()
        self.request_sessions: tuple[int, tuple[int, ...]] | None = None
        self.mentions = Mentions()
        self.loop_exits = LoopExits()
        self.coarse_shapes = Shapes(coarse=True)
        self.exact_shapes = Shapes(coarse=False)
        self.is_large = len(program.functions) > MANY_FUNCTIONS
        self.nowhere = Site("", 0)
        self.telling: frozenset[str] = frozenset().union(
            *[getattr(f, "telling", frozenset[str]()) for f in self.frameworks]
        )
        self.class_variables: dict[tuple[str, str], Ref] = {}
        self._overrides: dict[tuple[str, str], Value] = {}
        self._memo: dict[tuple[object, ...], Summary] = {}
        self._running: dict[FunctionInfo, list[Summary]] = {}
        self._contexts: Counter[str] = Counter()
        self._changing: set[str] = set()
        self._bringing: set[str] = set()
        self._function_work: Counter[str] = Counter()
        self._symbol = FIRST_OWN_SYMBOL
        self.entered: list[Entered] = []
        self.running: Key | None = None
        self.module_heap = ModuleHeap(self.counts, self.fresh_symbol, self.exact_shapes)

    def that_know(self, question: str) -> tuple[Framework, ...]:
        """The frameworks that ever answer ``question``, the name of one of their methods."""
        known = self._that_know.get(question)
        if known is None:
            known = self._that_know[question] = tuple([f for f in self.frameworks if f.knows(question)])
        return known

    # ------------------------------------------------------------ the modules

    def fresh_symbol(self) -> int:
        self._symbol += 1
        return self._symbol

    def namespace(self, module: ModuleInfo) -> dict[str, Value]:
        """The module's global variables; runs the module's body when it is first asked for."""
        known = self.namespaces.get(module.key)
        if known is None:
            known = self.namespaces[module.key] = {}
            from detachlint.interpret.statements.execute import run_module

            run_module(self, module, known)
        return known

    def class_override(self, cls: ClassInfo, name: str) -> Value | None:
        """What the program assigned to ``cls.name`` from outside the class's body."""
        return self._overrides.get((cls.qualname, name))

    def set_class_variable(self, cls: ClassInfo, name: str, value: Value) -> None:
        if not reaches_local(value):
            self.module_heap.note_filled(cls.qualname, name, value)
            self._overrides[cls.qualname, name] = value

    # -------------------------------------------------------------- the calls

    def invoke(self, frame: Frame, function: Function, env: dict[str, Value], site: Site) -> Value:
        """Run ``function`` with its parameters bound in ``env``, and bring the outcome into ``frame``.

        A statement that is run again for another choice comes here with the same calls as before, up to the
        call behind which the choice was made: what those did is remembered.
        """
        choices = frame.choices
        past, is_done = choices.past(site)
        assert past is None or isinstance(past, PastCall)
        if past is not None and is_done:
            return past.again(frame)
        before = choices.position
        known = past.call if past is not None else None
        # An attempt makes new unknown values: those that a call tells of are looked up again.
        found = self._look_up(frame, function, env, site) if known is None or known.tells else known
        call = found if isinstance(found, Call) else None
        raised: RaisedError | None = None
        value: Value = NONE
        if isinstance(found, Call):
            try:
                value = found.return_to(frame)
            except RaisedError as error:
                raised = error
        else:
            value = found
        state = frame.state
        choices.note(
            PastCall(
                before,
                choices.position,
                site,
                call,
                value,
                raised,
                dict(state.heap),
                state.next_address,
                state.learnt,
            )
        )
        if raised is not None:
            raise raised
        return value

    def _look_up(self, frame: Frame, function: Function, env: dict[str, Value], site: Site) -> Call | Unknown:
        """The call with its summary, which is made if the context is new; or why there is none."""
        info = function.info
        if frame.depth >= MAX_DEPTH:
            self.cut_off(frame, "calls too deep")
            return self._not_followed(frame, info, env, "call nested too deeply")
        for framework in self.that_know("called"):
            called = getattr(framework, "called", None)
            if called is not None:
                called(frame, info, env)
        names = tuple(sorted(env))
        arguments = [lean(frame, env[n]) for n in names]
        constants: dict[int, Const] = {}
        if self._contexts[info.qualname] > PLAIN_CONTEXTS:
            arguments = plain(frame, arguments, constants)
        if self._contexts[info.qualname] > MAX_CONTEXTS:
            self.cut_off(frame, "contexts over the bound")
            return self._not_followed(frame, info, env, "too many contexts")
        roots = [*arguments, *(Ref(a) for a in sorted(frame.state.heap) if a < 0)]
        heap = {**frame.state.heap, **self._told_sessions(frame)}
        context = canonicalise(self.exact_shapes, roots, heap, lean=self.is_large)
        context.constants = constants
        key = (info, names, context.key, frame.guards, frame.method, frame.reading)
        summary = self._memo.get(key)
        if summary is None and self.is_spent:
            self.cut_off(frame, "calls left out: the entry point cost too much")
            if self.running is not None:
                self.left_out.note(
                    LeftOut(
                        self.running,
                        function,
                        names,
                        context,
                        frame.guards,
                        frame.method,
                        frame.reading,
                        site,
                    )
                )
            return self._not_followed(frame, info, env, "entry point that costs too much")
        running = self._running.setdefault(info, [])
        if summary is None and len(running) >= MAX_RECURSION:
            self.counts["recursive calls"] += 1
            running[-1].recursive = True
            return frame.unknown("recursive call")
        # Whoever was left out is run by itself later.
        self.ran.add(info.qualname)
        if summary is None:
            summary = self._memo[key] = Summary()
            self._contexts[info.qualname] += 1
            self.counts["contexts"] += 1
            context.rename(self.exact_shapes, self.coarse_shapes)
            running.append(summary)
            try:
                self._run(
                    frame, function, dict(zip(names, context.arguments, strict=False)), context, summary
                )
            finally:
                running.pop()
        elif not summary.done:
            self.counts["recursive calls"] += 1
            summary.recursive = True
            return frame.unknown("recursive call")
        self.module_heap.touched |= summary.touched
        self.footprints.passed |= summary.passed
        if frame.namespace:
            self.footprints.shared |= summary.passed
        step = Step(site, f"passed to `{info.name}`", Event.PASSED)
        frame.absorb(summary.facts, context.addresses, step)
        return Call(context, info, site, summary)

    def goes_through(self, info: FunctionInfo) -> None:
        """The body of a function is run in the frame of another one, without a context of its own."""
        self.ran.add(info.qualname)
        self.footprints.enter(info.qualname)

    def _not_followed(self, frame: Frame, info: FunctionInfo, env: dict[str, Value], reason: str) -> Unknown:
        """A call is left out. It may have loaded what its objects lack, or other objects, unless the function
        never does; a method of an entity may have told that they lack it.
        """
        own = env.get(info.node.params[0].name) if info.owner is not None and info.node.params else None
        name = info.qualname
        changing = self._contexts[name] == 0 or name in self._changing or frame.entity(own) is not None
        if changing or name in self._bringing:
            reached = sorted(reachable(env.values(), frame.state.heap))
            for framework in self.that_know("not_followed"):
                not_followed = getattr(framework, "not_followed", None)
                if not_followed is not None:
                    not_followed(frame, reached, changing=changing)
        return frame.unknown(reason)

    def _run(
        self, frame: Frame, function: Function, env: dict[str, Value], context: Context, summary: Summary
    ) -> None:
        from detachlint.interpret.statements.execute import run_function

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
        start = MAX_WORK * self.slack + 1 if self._is_costly(function.info, context) else 0
        work, self.work = self.work, start
        inlined, self.inlined = self.inlined, 0
        touched, self.module_heap.touched = self.module_heap.touched, set()
        passed, self.footprints.passed = self.footprints.passed, 0
        self.footprints.enter(function.info.qualname)
        exits = run_function(inner, function.info.node)
        self.inlined = inlined
        summary.touched = frozenset(self.module_heap.touched)
        self.module_heap.touched = touched
        summary.passed, self.footprints.passed = self.footprints.passed, passed
        self._function_work[function.info.qualname] += self.work - start
        if self.work > MAX_WORK * self.slack:
            self.cut_off(inner, "activations over the bound of work")
            if not any(kind == "return" for kind, _, _ in exits):
                # One of the paths that were not followed returns, or so its callers must assume.
                begin = State({}, dict(context.heap), len(context.addresses))
                exits.append(("return", inner.unknown("function that costs too much"), begin))
        self.work = work
        listed = distinct_outcomes(inner, exits, context)
        if len(listed) > MAX_OUTCOMES * self.slack:
            self.cut_off(inner, "outcomes over the bound")
            listed.sort(key=lambda o: (o.kind != "return", -told(o.heap)))
        summary.outcomes = tuple(listed[: MAX_OUTCOMES * self.slack])
        if summary.recursive and any(is_felt(o, context) for o in summary.outcomes):
            self.cut_off(inner, "recursive calls that change objects")
        if changes_objects(summary.outcomes, context):
            self._changing.add(function.info.qualname)
        if brings_objects(summary.outcomes, context):
            self._bringing.add(function.info.qualname)
        summary.facts = inner.facts
        summary.done = True

    def _is_costly(self, info: FunctionInfo, context: Context) -> bool:
        """Whether a function has cost so much that what it does in a further context is followed along one
        path.
        """
        work = self._function_work[info.qualname]
        if work <= MAX_FUNCTION_WORK * self.slack:
            return False
        has_objects = any(isinstance(o, (EntityObject, SessionObject)) for o in context.heap.values())
        return not has_objects or work > MAX_WORK_ON_OBJECTS * self.slack

    def _told_sessions(self, frame: Frame) -> dict[int, SessionObject]:
        """What a call can't see but may meet in the identity map: which entities, and which of their
        attributes, the caller's objects have loaded in each session.
        """
        told: dict[int, SessionObject] = {}
        for framework in self.that_know("note_loaded"):
            note = getattr(framework, "note_loaded", None)
            if note is not None:
                told |= {a: s for a, s in note(frame).items() if a in frame.state.heap}
        return told

    def cut_off(self, frame: Frame, reason: str) -> None:
        """A bound was reached: something of the frame's function is not followed. It is counted, and a
        strict run says where.
        """
        self.counts[reason] += 1
        if self.config.strict:
            function = frame.function
            node = function.node.n if function is not None else 0
            frame.emit(
                CutOff(Site(frame.module.path, node), function.name if function is not None else "", reason)
            )

    @property
    def is_spent(self) -> bool:
        """Whether the running entry point has cost as much as one may."""
        return self.spent > MAX_ENTRY_WORK * self.slack

    @property
    def is_overspent(self) -> bool:
        """Whether what an entry point does itself (blocks that run inside generators, above all) has cost a
        multiple of that.
        """
        return self.spent > OVERSPENT * MAX_ENTRY_WORK * self.slack

    # ---------------------------------------------------------------- later

    def schedule(self, frame: Frame, coroutine: Value, site: Site) -> bool:
        """A task was started; frameworks decide when it runs and what it finds then.

        Returns:
            Whether it has run: awaiting it runs nothing any more.
        """
        has_run = False
        for framework in self.that_know("scheduled"):
            scheduled = getattr(framework, "scheduled", None)
            if scheduled is not None:
                has_run = scheduled(frame, coroutine, site) or has_run
        return has_run

    def waits(self, frame: Frame) -> None:
        """The running coroutine waits for something: other tasks go on meanwhile."""
        if not self.started:
            return
        for framework in self.that_know("waits"):
            waits = getattr(framework, "waits", None)
            if waits is not None:
                waits(frame)

    def concurrent(self, frame: Frame, coroutines: tuple[Value, ...], site: Site) -> None:
        """Several coroutines run at once."""
        for framework in self.that_know("concurrent"):
            concurrent = getattr(framework, "concurrent", None)
            if concurrent is not None:
                concurrent(frame, coroutines, site)

    def finished(self, frame: Frame, site: Site) -> None:
        """The coroutines that ran at once have ended."""
        for framework in self.that_know("finished"):
            finished = getattr(framework, "finished", None)
            if finished is not None:
                finished(frame, site)

    # ------------------------------------------------------------ what was found

    def collect(self, facts: Mapping[Fact, History], by: int) -> None:
        """Keep facts, each with the shortest of its ways.

        Args:
            by: who found them; see Footprints.
        """
        self.footprints.note(facts, by)
        for fact, history in facts.items():
            known = self.facts.get(fact)
            if known is None or len(history) < len(known):
                self.facts[fact] = history

    def forget(self, changed: set[int]) -> None:
        """Of what is remembered of calls, all that looked at these objects of modules."""
        everything = EVERYWHERE in changed
        self._contexts.clear()
        self._memo = {k: s for k, s in self._memo.items() if not everything and not s.touched & changed}
