"""After an edit of a few functions, run only the entry points again that go through them.

What the others found is kept. It is not exactly what a whole run would find: what one entry point leaves in
the memo and in the counters of the bounds, others find there. Who needs to be sure runs the whole.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from detachlint.config import Config
from detachlint.domain.facts import Fact, Step
from detachlint.domain.models import ModelGraph
from detachlint.domain.source import Site
from detachlint.interpret.footprints import CONCLUDED, MODULES, Key
from detachlint.interpret.framework import Framework
from detachlint.interpret.run import Again, Observations, in_order, interpret
from detachlint.resolve.changes import Changes
from detachlint.resolve.program import Program

# Of all entry points; from there on a whole run costs no more.
WORTH_IT = 0.7


def affected(before: Observations, changes: Changes) -> frozenset[Key] | None:
    """The entry points that see the changes; None where only a whole run shows what they do."""
    if any(by & CONCLUDED and changes.is_within(fact.site) for fact, by in before.found):
        return None
    if before.footprints.is_shared(changes.functions):
        return None
    only = before.footprints.through(changes.functions)
    return only if len(only) <= WORTH_IT * len(before.footprints.entries) else None


def rerun(
    before: Observations,
    changes: Changes,
    only: frozenset[Key],
    program: Program,
    graph: ModelGraph,
    frameworks: Sequence[Framework],
    config: Config,
) -> Observations | None:
    """What is observed in the changed program; None if one of the entry points is not met again, or the way
    of a fact can't be told.
    """
    again = Again(only, before.footprints)
    now = interpret(program, graph, frameworks, config=config, again=again)
    if not only <= set(now.footprints.entries):
        return None
    gone = MODULES | before.footprints.bits(only)
    kept: list[tuple[Fact, int]] = []
    new = [(fact, by) for fact, by in now.found if by & ~CONCLUDED]
    ways: dict[Fact, int] = {}
    for number, (fact, _) in enumerate(new):
        ways |= {_without_way(fact): number, _from_its_query(fact): number}
    for fact, by in before.found:
        others = by & ~gone
        moved = _moved(fact, changes)
        if not others:
            continue
        if not _went_through(fact, changes):
            kept.append((moved, others))
            continue
        # Others found it too, but the way that was told is one through what has changed.
        same = ways.get(_from_its_query(moved), ways.get(_without_way(moved)))
        if same is None:
            return None
        new[same] = (new[same][0], new[same][1] | others)
    return Observations(in_order([*kept, *new]), before.counts, before.unknown, now.problems, now.footprints)


def _went_through(fact: Fact, changes: Changes) -> bool:
    return any(changes.is_within(step.site) for step in getattr(fact, "trace", ()))


def _from_its_query(fact: Fact) -> Fact:
    return _without(fact, "trace", "path")


def _without_way(fact: Fact) -> Fact:
    return _without(fact, "trace", "path", "origin")


def _without(fact: Fact, *parts: str) -> Fact:
    blank: dict[str, Any] = {"trace": (), "path": (), "origin": None}
    names = {field.name for field in dataclasses.fields(fact)}.intersection(parts)
    return dataclasses.replace(fact, **{name: blank[name] for name in names})


def _moved(fact: Fact, changes: Changes) -> Fact:
    """The fact with its places in the changed program."""
    new: dict[str, Any] = {}
    for field in dataclasses.fields(fact):
        value = getattr(fact, field.name)
        match value:
            case Site():
                place: Any = changes.move(value)
            case (Step(), *_):
                place = tuple(step._replace(site=changes.move(step.site)) for step in value)
            case _:
                continue
        if place != value:
            new[field.name] = place
    return dataclasses.replace(fact, **new) if new else fact
