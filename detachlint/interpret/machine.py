"""The interpreter as a whole: what all activations share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Sequence as Seq
from contextlib import contextmanager
from typing import Any, TypeVar

from detachlint.config import Config
from detachlint.domain.facts import CutOff, Fact
from detachlint.domain.models import ModelGraph
from detachlint.domain.source import Problem, Site
from detachlint.interpret.contexts.memo import Memo
from detachlint.interpret.contexts.returning import Call, PastCall
from detachlint.interpret.footprints import Footprints, Key
from detachlint.interpret.frame import Frame, RaisedError
from detachlint.interpret.framework import Entered, Framework
from detachlint.interpret.heap import History
from detachlint.interpret.left_out import LeftOuts
from detachlint.interpret.likeness.canonical import FIRST_OWN_SYMBOL
from detachlint.interpret.likeness.shapes import Shapes
from detachlint.interpret.paths.liveness import Mentions
from detachlint.interpret.statements.loop_exits import LoopExits
from detachlint.interpret.values import NONE, Function, Ref, Value
from detachlint.interpret.variables.module_heap import ModuleHeap, reaches_local
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import ClassInfo, FunctionInfo, ModuleInfo

# Statements times paths that one entry point may cost, all calls included.
MAX_ENTRY_WORK = 3_000
# How much more one may cost, and all of the program's together.
MAX_EXTRA_WORK = 9_000
RESERVE = 60_000
OVERSPENT = 4
# From this part of that on, one that has not met the ORM does not go into functions that were run before and
# did not meet it either.
AFAR = 4
# What a module, or the decorators of a function, find to spend at least.
SETTING_UP_WORK = 200
# Each time that all entry points together have cost this, one may cost half of what it might before, though
# not less than the THRIFT-th part of what the first one may.
AMPLE_WORK = 800_000
THRIFT = 8
# From this size on calls are told apart by less.
MANY_FUNCTIONS = 600
# A strict run is to leave no path out: its bounds are so many times as wide.
STRICT_SLACK = 4


Note = TypeVar("Note")


class Machine:
    """Interprets one program.

    Args:
        program: modules and names.
        graph: the mapped classes.
        frameworks: asked in order.
        config: the options of the run.

    Attributes:
        slack: how many times as wide as usual the bounds are.
        notes: what a framework remembers of the run, under a class of its own.
        entered: the entry points that have run, and what of the modules they looked at.
        running: the one that runs now.
        escaped: entities whose instances were passed to functions that nobody knows.
        cuts: how often a bound has been reached.
        meetings: how often the ORM has answered for something.
        sought: the rows that the running function has asked for by a key that it was given; see Summary.
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
        self._hooks: dict[str, tuple[Callable[..., Any], ...]] = {}
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
        self.generating: Counter[FunctionInfo | None] = Counter()
        self.problems: set[Problem] = set()
        self.left_out = LeftOuts()
        self.work = 0
        self.cuts = 0
        self.meetings = 0
        self.sought: set[tuple[str, int]] = set()
        self.met_before = 0
        self.spent = 0
        self.reserve = RESERVE * self.slack
        self.spent_before = 0
        self._thrift = 1
        self.started = 0
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
        self._symbol = FIRST_OWN_SYMBOL
        self.entered: list[Entered] = []
        self.running: Key | None = None
        self.memo = Memo(self)
        self.module_heap = ModuleHeap(self.counts, self.fresh_symbol, self.exact_shapes)

    def that_know(self, question: str) -> tuple[Framework, ...]:
        """The frameworks that ever answer ``question``, the name of one of their methods."""
        known = self._that_know.get(question)
        if known is None:
            known = self._that_know[question] = tuple([f for f in self.frameworks if f.knows(question)])
        return known

    def hooks(self, name: str) -> tuple[Callable[..., Any], ...]:
        """The optional methods of that name which the frameworks have."""
        known = self._hooks.get(name)
        if known is None:
            found = [getattr(f, name, None) for f in self.that_know(name)]
            known = self._hooks[name] = tuple([hook for hook in found if hook is not None])
        return known

    def note(self, kind: type[Note], make: Callable[[], Note] | None = None) -> Note:
        """What is remembered of the run under a class.

        Args:
            make: makes it when it is first asked for, where the class alone does not.
        """
        known = self.notes.get(kind)
        if known is None:
            known = self.notes[kind] = kind() if make is None else make()
        assert isinstance(known, kind)
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
        found = self.memo.look_up(frame, function, env, site) if known is None or known.tells else known
        call = found if isinstance(found, Call) else None
        raised: RaisedError | None = None
        value: Value = NONE
        if isinstance(found, Call):
            try:
                returned = found.return_to(frame)
                if returned is None:
                    returned = self.memo.not_followed(frame, function, env, "way that a bound left out")
                value = returned
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

    def goes_through(self, info: FunctionInfo) -> None:
        """The body of a function is run in the frame of another one, without a context of its own."""
        self.ran.add(info.qualname)
        self.footprints.enter(info.qualname)

    def cut_off(self, frame: Frame, reason: str) -> None:
        """A bound was reached: something of the frame's function is not followed. It is counted, and a
        strict run says where.
        """
        self.counts[reason] += 1
        self.cuts += 1
        if self.config.strict:
            function = frame.function
            node = function.node.n if function is not None else 0
            frame.emit(
                CutOff(Site(frame.module.path, node), function.name if function is not None else "", reason)
            )

    @contextmanager
    def setting_up(self) -> Iterator[None]:
        """What is done once for all entry points, as a module's own statements and decorators, costs the one
        that comes to it first nothing, and finds a little to spend though that one may have spent all.
        """
        spent, self.spent = self.spent, min(self.spent, self._allowance - SETTING_UP_WORK)
        try:
            yield
        finally:
            self.spent = spent

    @property
    def _allowance(self) -> int:
        """What the running entry point may cost."""
        return MAX_ENTRY_WORK * self.slack // self._thrift

    @property
    def is_afar(self) -> bool:
        """Whether the running entry point has cost a good part of that and not come near the ORM."""
        return self.spent > self._allowance // AFAR and self.meetings == self.met_before

    @property
    def is_spent(self) -> bool:
        """Whether the running entry point has cost as much as one may."""
        most = self._allowance
        return self.spent > most and self.spent > most + self._extra

    @property
    def is_overspent(self) -> bool:
        """Whether what an entry point does itself (blocks that run inside generators, above all) has cost a
        multiple of that.
        """
        most = OVERSPENT * self._allowance
        return self.spent > most and self.spent > most + self._extra

    @property
    def _extra(self) -> int:
        """What the running entry point may cost more than others, out of what the program may."""
        return min(MAX_EXTRA_WORK * self.slack // self._thrift, self.reserve)

    def settle(self) -> None:
        """The running entry point has ended: what it cost more than usual is gone from the reserve."""
        self.reserve -= min(self._extra, max(0, self.spent - self._allowance))
        self.spent_before += self.spent
        # By how much the bounds of the next one are narrower than those of the first one.
        self._thrift = min(2 ** (self.spent_before // (AMPLE_WORK * self.slack)), THRIFT)

    def has_ample_since(self, before: int) -> bool:
        """Whether so little was spent since ``before`` that what is run again may go on."""
        return self.spent_before - before < AMPLE_WORK * self.slack

    # ---------------------------------------------------------------- later

    def schedule(self, frame: Frame, coroutine: Value, site: Site) -> bool:
        """A task was started; frameworks decide when it runs and what it finds then.

        Returns:
            Whether it has run: awaiting it runs nothing any more.
        """
        has_run = False
        for scheduled in self.hooks("scheduled"):
            has_run = scheduled(frame, coroutine, site) or has_run
        return has_run

    def waits(self, frame: Frame) -> None:
        """The running coroutine waits for something: other tasks go on meanwhile."""
        if not self.started:
            return
        for waits in self.hooks("waits"):
            waits(frame)

    def concurrent(self, frame: Frame, coroutines: tuple[Value, ...], site: Site) -> None:
        """Several coroutines run at once."""
        for concurrent in self.hooks("concurrent"):
            concurrent(frame, coroutines, site)

    def finished(self, frame: Frame, site: Site) -> None:
        """The coroutines that ran at once have ended."""
        for finished in self.hooks("finished"):
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
