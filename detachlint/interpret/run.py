"""Interpret a whole program: modules first, then what frameworks call, then what nobody calls."""

from __future__ import annotations

import dataclasses
import gc
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from msgspec import Struct

from detachlint.config import Config
from detachlint.domain.facts import Fact, FetchWithoutUnique, Read, SessionMisuse, Step, StrategyMisuse, Via
from detachlint.domain.models import ModelGraph
from detachlint.domain.source import Problem
from detachlint.interpret.entering import enter, key_of, run, run_left_out, run_outdated
from detachlint.interpret.entries import Uncalled, roots_first
from detachlint.interpret.footprints import Footprints, Key
from detachlint.interpret.framework import Framework
from detachlint.interpret.heap import History
from detachlint.interpret.machine import Machine
from detachlint.interpret.variables.set_later import SetLater
from detachlint.resolve.program import Program

MAX_PASSES = 2
RECURSION_LIMIT = 10_000


class Observations(Struct, frozen=True):
    """What the run has shown.

    Args:
        found: facts, each with its origin and trace, in a deterministic order, and who found it.
        counts: how much was done and where a bound was hit.
        unknown: reason -> how often a value stayed unknown for it.
        problems: functions that could not be followed.
        footprints: what each entry point went through.
    """

    found: tuple[tuple[Fact, int], ...]
    counts: Mapping[str, int]
    unknown: Mapping[str, int]
    problems: tuple[Problem, ...]
    footprints: Footprints

    @property
    def facts(self) -> list[Fact]:
        return [fact for fact, _ in self.found]


class Again(NamedTuple):
    """Which entry points are to be run once more, and what the run before has noted of all."""

    only: frozenset[Key]
    footprints: Footprints


def interpret(
    program: Program,
    graph: ModelGraph,
    frameworks: Sequence[Framework],
    progress: Callable[[int, int], None] | None = None,
    config: Config | None = None,
    notes: Iterable[object] = (),
    again: Again | None = None,
) -> Observations:
    """Run everything once.

    Args:
        again: the only entry points that are to be run, after an earlier run; None: all.
        progress: called with (functions run, functions in all).
        notes: what frameworks write into; one that is there asks for what it collects.
    """
    with _patient_collector(), _deep_recursion():
        return _observe(program, graph, frameworks, progress, config, notes, again)


@contextmanager
def _patient_collector() -> Iterator[None]:
    """Abstract objects are small, many, immutable and without cycles: looking for garbage among them at the
    usual pace is an eighth of the time.
    """
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _deep_recursion() -> Iterator[None]:
    """A call of the analysed program is some thirty calls of the interpreter."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, RECURSION_LIMIT))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _observe(
    program: Program,
    graph: ModelGraph,
    frameworks: Sequence[Framework],
    progress: Callable[[int, int], None] | None,
    config: Config | None,
    notes: Iterable[object],
    again: Again | None,
) -> Observations:
    machine = Machine(program, graph, frameworks, config)
    machine.notes.update((type(note), note) for note in notes)
    if again is not None:
        machine.footprints = again.footprints.before(again.only)
    machine.module_heap.watch(SetLater.of(machine).variables)
    for module in program.modules.values():
        machine.namespace(module)
    _run_entries(machine, progress, again.only if again is not None else None)
    for _ in range(1, MAX_PASSES):
        # Who ran first has not seen what later ones left in the modules.
        run_outdated(machine)
    for conclude in machine.hooks("conclude"):
        conclude(machine)
    machine.footprints.close()
    found = machine.footprints.found
    facts = [(_with_trace(fact, history), found[fact]) for fact, history in machine.facts.items()]
    return Observations(
        in_order(facts),
        dict(sorted(machine.counts.items())),
        dict(machine.unknown.most_common()),
        tuple(sorted(machine.problems)),
        machine.footprints,
    )


def in_order(facts: Iterable[tuple[Fact, int]]) -> tuple[tuple[Fact, int], ...]:
    """Facts by place, whoever found them first."""
    return tuple(sorted(facts, key=lambda each: (each[0].site, type(each[0]).__name__, repr(each[0]))))


def _run_entries(
    machine: Machine, progress: Callable[[int, int], None] | None, only: Collection[Key] | None
) -> None:
    for framework in machine.frameworks:
        run(machine, framework.entries(machine), only)
    total = len(machine.program.functions)
    for info in roots_first(machine):
        if info.qualname in machine.ran:
            continue
        entry = Uncalled(info)
        key = key_of(machine, entry)
        if only is None or key in only:
            enter(machine, entry, key)
        if progress is not None:
            progress(len(machine.ran), total)
    run_left_out(machine)


def _with_trace(fact: Fact, history: History) -> Fact:
    steps = tuple(item for item in history if isinstance(item, Step))
    if not steps or not isinstance(fact, (Read, FetchWithoutUnique, SessionMisuse, StrategyMisuse)):
        return fact
    origin = fact.origin if fact.origin is not None else steps[0].site
    if isinstance(fact, Read):
        path = tuple(item for item in history if isinstance(item, Via))
        return dataclasses.replace(fact, origin=origin, trace=steps, path=path)
    return dataclasses.replace(fact, origin=origin, trace=steps)
