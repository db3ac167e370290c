"""Edits are tried before they are offered: the edited program is analysed, and what it shows is compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from detachlint.domain.findings import Edit, Finding
from detachlint.domain.models import ModelGraph
from detachlint.domain.source import Problem, Span
from detachlint.fix.source.change import apply, original_offset
from detachlint.fix.source.document import line_starts
from detachlint.interpret.footprints import Key as EntryKey
from detachlint.interpret.run import Observations
from detachlint.resolve.program import Program

Key = tuple[str, int | None, str, str, bool]


@dataclass(frozen=True, slots=True)
class Seen:
    """What an analysis of texts has shown.

    Args:
        hidden: gives what is not shown beside something worse, which mending that does not bring up anew.
        observed: what the interpreter has observed.
        rerun: the entry points that were run, where what others had shown before an edit was kept.
    """

    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    program: Program
    graph: ModelGraph
    hidden: Callable[[], Sequence[Finding]] = tuple
    observed: Observations | None = None
    rerun: frozenset[EntryKey] | None = None


class Analyse(Protocol):
    """Analyses texts."""

    def __call__(
        self, texts: Mapping[str, str], since: Seen | None = None, only: frozenset[EntryKey] | None = None
    ) -> Seen:
        """What texts show.

        Args:
            since: what was shown before they were edited: what does not see the edits need not be analysed
                again.
            only: the entry points to run again; None: those that see the edits.
        """


class History:
    """The texts as they were at first and after each round of edits; places are told in terms of the first.

    Args:
        rounds: the edits of each round, on the texts that the one before has left.
    """

    def __init__(self, texts: Mapping[str, str], rounds: Sequence[tuple[Edit, ...]] = ()) -> None:
        self.texts = dict(texts)
        self.rounds = tuple(rounds)
        self._starts: dict[str, list[int]] = {}

    def after(self, edits: tuple[Edit, ...]) -> History:
        return History(apply(self.texts, edits), (*self.rounds, edits))

    def original(self, span: Span) -> tuple[str, int | None]:
        """Where the span began at first; None for what an edit has written."""
        if span.path not in self._starts:
            self._starts[span.path] = line_starts(self.texts.get(span.path, ""))
        starts = self._starts[span.path]
        line = min(span.line, len(starts)) - 1
        offset: int | None = starts[line] + span.column - 1
        for edits in reversed(self.rounds):
            if offset is None:
                break
            offset = original_offset(edits, span.path, offset)
        return span.path, offset

    def key(self, finding: Finding) -> Key:
        """The same for the same fault before and after edits, whatever code it is reported under. A read that
        fails and one that only may are two faults.
        """
        path, offset = self.original(finding.span)
        what = finding.relationship or finding.code
        return path, offset, finding.entity or "", what, finding.error is not None

    def known(self, seen: Seen) -> frozenset[Key]:
        """The faults that an analysis knows of, those not shown beside a worse one included."""
        return frozenset(self.key(finding) for finding in (*seen.findings, *seen.hidden()))

    def way(self, finding: Finding) -> tuple[tuple[str, int | None], ...]:
        """The places that the object of a finding has passed: another query makes another way."""
        spans = [step.span for step in finding.trace]
        if finding.origin is not None:
            spans.append(finding.origin)
        return tuple(self.original(span) for span in spans)


@dataclass(frozen=True, slots=True)
class Trial:
    """The edited program compared with the one before.

    Args:
        present: the findings after the edits, by key.
        fresh: those of them that were not there before.
        broken: what can't be analysed any more, or None.
    """

    history: History
    seen: Seen
    present: Mapping[Key, Finding]
    fresh: tuple[Finding, ...]
    broken: str | None


def try_edits(
    analyse: Analyse,
    history: History,
    edits: tuple[Edit, ...],
    known: frozenset[Key],
    before: Seen,
    baselines: dict[frozenset[EntryKey], frozenset[Key]],
    *,
    whole: bool = False,
) -> Trial:
    """Analyse the program with the edits.

    Args:
        baselines: what was known of the program before when only these entry points had been run; grows.
        whole: all of it, and not only what sees the edits.
    """
    after = history.after(edits)
    seen = analyse(after.texts, None if whole else before)
    present = {after.key(f): f for f in seen.findings}
    fresh = tuple(f for key, f in present.items() if key not in known)
    if fresh and seen.rerun is not None:
        # Where little is run, no bound is reached: compare with as little of the program before.
        if seen.rerun not in baselines:
            baselines[seen.rerun] = history.known(analyse(history.texts, before, seen.rerun))
        fresh = tuple(f for f in fresh if after.key(f) not in baselines[seen.rerun])
    were = {(p.path, p.message) for p in before.problems}
    broken = next((f"{p.path}: {p.message}" for p in seen.problems if (p.path, p.message) not in were), None)
    return Trial(after, seen, present, fresh, broken)
