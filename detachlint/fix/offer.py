"""The fixes that ``check`` shows: each finding's own, tried all together in one more analysis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from detachlint.domain.edits import Applicability
from detachlint.domain.findings import Finding, Fix
from detachlint.fix.compose import compose
from detachlint.fix.mend import Mender
from detachlint.fix.source.project import Project
from detachlint.fix.trial import Analyse, History, Key, Seen


def offer(texts: Mapping[str, str], analyse: Analyse, seen: Seen) -> tuple[Finding, ...]:
    """The findings, with the fixes that were tried and hold."""
    history = History(texts)
    project = Project(texts, seen.program, seen.graph)
    first = history.known(seen)
    fixes: dict[Key, Fix] = {}
    reasons: dict[Key, str] = {}
    for kind in (Applicability.SAFE, Applicability.UNSAFE):
        mender = Mender(
            analyse,
            lambda f: history.key(f) not in fixes,
            frozenset({kind}),
            first=first,
            documents=project.documents,
        )
        held = mender.round(history, seen)
        for candidate in held[0] if held is not None else ():
            if held is not None and candidate.key in held[1].present:
                mender.give_up(candidate, "it takes edits of several queries, which `detachlint fix` makes")
                continue
            edits = compose([candidate.proposal.action], project).edits
            fixes[candidate.key] = Fix(kind.value, candidate.proposal.message, edits)
        reasons |= mender.reasons
    return tuple(
        replace(f, fix=fixes.get(key), unfixed=None if key in fixes else reasons.get(key))
        for f in seen.findings
        for key in (history.key(f),)
    )
