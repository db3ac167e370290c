"""Mend a program: propose, try, keep what holds, and go on until nothing changes.

All proposals of a round are tried in one analysis. Only when that shows something wrong are they taken apart,
as an analysis is what costs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from detachlint.domain.edits import Applicability, Proposal
from detachlint.domain.findings import Edit, Finding
from detachlint.fix.compose import compose
from detachlint.fix.source.document import Document
from detachlint.fix.source.project import Project
from detachlint.fix.trial import Analyse, History, Key, Seen, Trial, try_edits
from detachlint.interpret.footprints import Key as EntryKey

MAX_ROUNDS = 12
MAX_TRIALS = 60
MAX_RESTARTS = 3


@dataclass(frozen=True, slots=True)
class Mended:
    """The outcome.

    Args:
        texts: all texts, edited or not.
        fixed: what was there at first and is gone.
        remaining: what the edited program still shows; ``unfixed`` says why.
        rounds: the edits of each round.
        trials: how many analyses it took.
    """

    texts: Mapping[str, str]
    fixed: tuple[Finding, ...]
    remaining: tuple[Finding, ...]
    rounds: int
    trials: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A finding and the proposal that is to be tried for it."""

    key: Key
    finding: Finding
    proposal: Proposal
    number: int


@dataclass(slots=True)
class Mender:
    """One attempt to mend a program.

    Args:
        chosen: whether a finding is to be mended at all.
        allowed: how safe a fix must be.
        blocked: findings whose fixes have turned out not to be enough.
        exact: each trial is an analysis of the whole program.
        patient: a finding may move on to another query, or uncover one behind it, as long as rounds are left.
        reasons: why findings are not mended, in words for the reader.
        first: the findings that there were before anything was done.
        documents: the files that have been parsed; grows.
    """

    analyse: Analyse
    chosen: Callable[[Finding], bool]
    allowed: frozenset[Applicability]
    blocked: frozenset[Key] = frozenset()
    exact: bool = False
    patient: bool = True
    reasons: dict[Key, str] = field(default_factory=dict)
    trials: int = 0
    first: frozenset[Key] = frozenset()
    documents: dict[tuple[str, str], Document] = field(default_factory=dict)
    _tried: dict[Key, set[int]] = field(default_factory=dict)
    _touched: set[Key] = field(default_factory=set)
    _baselines: dict[frozenset[EntryKey], frozenset[Key]] = field(default_factory=dict)

    def run(self, history: History, seen: Seen) -> tuple[History, Seen]:
        """Rounds of edits until a round changes nothing."""
        for _ in range(MAX_ROUNDS):
            held = self.round(history, seen)
            if held is None:
                break
            candidates, trial = held
            self._touched |= {c.key for c in candidates}
            for candidate in candidates:
                self._tried.pop(candidate.key, None)  # if it is still there, it is another query's
            history, seen = trial.history, trial.seen
        return history, seen

    def left_over(self, history: History, seen: Seen) -> tuple[frozenset[Key], tuple[Finding, ...]]:
        """What was worked on and is still there, and what is new."""
        present = {history.key(f): f for f in seen.findings}
        halfway = frozenset(key for key in present if key in self._touched)
        return halfway, tuple(f for key, f in present.items() if key not in self.first)

    # ---------------------------------------------------------------- a round

    def round(self, history: History, seen: Seen) -> tuple[list[Candidate], Trial] | None:
        """One round: what holds, and the trial that shows it; None when nothing is left to try."""
        project = Project(history.texts, seen.program, seen.graph, self.documents)
        self._baselines = {}
        while True:
            candidates = self._candidates(history, seen)
            composition = compose([c.proposal.action for c in candidates], project)
            for number, reason in composition.refused.items():
                self.give_up(candidates[number], reason)
            if not composition.refused:
                break
        ready = [c for n, c in enumerate(candidates) if n in composition.done]
        if not ready:
            return None
        known = self.first | history.known(seen)
        kept = self._keep(history, seen, project, known, [], ready)
        if kept is None:
            # Nothing of this round holds; further proposals of the same findings may.
            return self.round(history, seen) if self._candidates(history, seen) else None
        return kept

    def _candidates(self, history: History, seen: Seen) -> list[Candidate]:
        found: dict[Key, Candidate] = {}
        for finding in seen.findings:
            key = history.key(finding)
            if key in self.blocked or key in found or not self.chosen(finding):
                continue
            for number, proposal in enumerate(finding.proposals):
                if proposal.applicability in self.allowed and number not in self._tried.get(key, ()):
                    found[key] = Candidate(key, finding, proposal, number)
                    break
        return list(found.values())

    def give_up(self, candidate: Candidate, reason: str) -> None:
        """On this proposal; the first reason is the one that is told."""
        self._tried.setdefault(candidate.key, set()).add(candidate.number)
        self.reasons.setdefault(candidate.key, reason)

    def _keep(
        self,
        history: History,
        seen: Seen,
        project: Project,
        known: frozenset[Key],
        base: list[Candidate],
        group: list[Candidate],
    ) -> tuple[list[Candidate], Trial] | None:
        """As many of ``group`` as hold on top of ``base``, and the trial that shows it."""
        if not group:
            return None
        if self.trials >= MAX_TRIALS:
            for candidate in group:
                self.give_up(candidate, "too many other fixes had to be tried before this one")
            return None
        edits = self._edits(project, [*base, *group])
        trial = self._try(history, edits, known, seen)
        failed = [c for c in group if self._still_there(c, history, trial)]
        wrong = self._objection(trial)
        if not failed and wrong is None:
            return [*base, *group], trial
        if failed and wrong is None:
            for candidate in failed:
                self.give_up(candidate, "the edit that was tried does not mend it")
            rest = [c for c in group if c not in failed]
            return self._keep(history, seen, project, known, base, rest)
        if len(group) == 1:
            self.give_up(group[0], wrong or "the edit that was tried does not mend it")
            return None
        half = len(group) // 2
        first = self._keep(history, seen, project, known, base, group[:half])
        second = self._keep(
            history, seen, project, known, first[0] if first is not None else base, group[half:]
        )
        return second or first

    def _edits(self, project: Project, candidates: list[Candidate]) -> tuple[Edit, ...]:
        return compose([c.proposal.action for c in candidates], project).edits

    def _try(self, history: History, edits: tuple[Edit, ...], known: frozenset[Key], seen: Seen) -> Trial:
        self.trials += 1
        return try_edits(self.analyse, history, edits, known, seen, self._baselines, whole=self.exact)

    def _still_there(self, candidate: Candidate, history: History, trial: Trial) -> bool:
        """The finding is there as it was. One that now comes from another query has made progress."""
        now = trial.present.get(candidate.key)
        if now is None:
            return False
        return not self.patient or trial.history.way(now) == history.way(candidate.finding)

    def _objection(self, trial: Trial) -> str | None:
        """Why the edits must not stay, whatever they mend."""
        if trial.broken is not None:
            return f"with the edit that was tried the program could not be analysed: {trial.broken}"
        for finding in trial.fresh:
            if not self.patient or not finding.proposals:
                return f"the edit that was tried brings {finding.code} at {finding.path}:{finding.line}"
        return None


def mend(
    texts: Mapping[str, str],
    analyse: Analyse,
    chosen: Callable[[Finding], bool],
    *,
    unsafe: bool = False,
    seen: Seen | None = None,
) -> Mended:
    """Mend what can be mended.

    Args:
        chosen: whether a finding is to be mended at all.
        unsafe: use unsafe fixes too, once the safe ones have done what they can.
        seen: what an analysis of ``texts`` has shown, if there was one.
    """
    before = seen if seen is not None else analyse(texts)
    history = History(texts)
    first = history.known(before)
    blocked: dict[Key, str] = {}
    documents: dict[tuple[str, str], Document] = {}
    trials = 0
    for attempt in range(MAX_RESTARTS + 1):
        mender = Mender(
            analyse,
            chosen,
            frozenset({Applicability.SAFE}),
            frozenset(blocked),
            exact=attempt == MAX_RESTARTS,
            patient=attempt < MAX_RESTARTS,
            reasons=dict(blocked),
            first=first,
            documents=documents,
        )
        after, shown = mender.run(history, before)
        if unsafe:
            mender.allowed = frozenset({Applicability.SAFE, Applicability.UNSAFE})
            after, shown = mender.run(after, shown)
        trials += mender.trials
        if shown.rerun is not None:
            shown = analyse(after.texts)
            trials += 1
        halfway, fresh = mender.left_over(after, shown)
        if not halfway and not fresh:
            break
        reason = "the object comes from several queries, and not all of them can be edited"
        blocked |= dict.fromkeys(halfway, reason)
    present = {after.key(f) for f in shown.findings}
    fixed = tuple(f for f in before.findings if history.key(f) not in present)
    remaining = tuple(_explained(f, after.key(f), mender) for f in shown.findings)
    return Mended(after.texts, fixed, remaining, len(after.rounds), trials)


def _explained(finding: Finding, key: Key, mender: Mender) -> Finding:
    reason = mender.reasons.get(key)
    if reason is None and finding.proposals:
        kinds = {p.applicability for p in finding.proposals}
        if kinds == {Applicability.UNSAFE}:
            reason = "the fix is unsafe: --unsafe-fixes applies it"
        elif kinds == {Applicability.DISPLAY}:
            reason = "whether the edit means the same is for a person to say"
    return replace(finding, unfixed=reason)
