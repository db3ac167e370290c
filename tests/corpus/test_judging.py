"""Judgements are kept by what a finding says, and not by its line."""

from __future__ import annotations

from typing import Any

from tests.corpus.judging import fingerprint, judgements, precision, unjudged
from tests.corpus.manifest import historic_fixes, projects


def _finding(line: int, chain: str = "user.team") -> dict[str, Any]:
    return {
        "code": "DET101",
        "path": "app/a.py",
        "line": line,
        "entity": "User",
        "relationship": "team",
        "chain": chain,
        "message": "m",
        "trace": ["app/q.py:3: queried"],
    }


def test_a_finding_that_moves_keeps_its_judgement() -> None:
    assert fingerprint("a/b", _finding(1)) == fingerprint("a/b", _finding(9))
    assert fingerprint("a/b", _finding(1)) != fingerprint("a/b", _finding(1, "u.team"))
    assert fingerprint("a/b", _finding(1)) != fingerprint("a/c", _finding(1))


def test_what_nobody_judged_is_listed_and_not_counted() -> None:
    found = precision("nobody/nothing", [_finding(1)])
    assert (found.findings, found.true, found.false, found.share) == (1, 0, 0, None)
    (shown,) = unjudged("nobody/nothing", [_finding(1)])
    assert "app/a.py:1" in shown
    assert "app/q.py:3" in shown


def test_judgements_are_of_measured_projects_and_say_why() -> None:
    known = {p.repo for p in projects()} | {f.repo for f in historic_fixes()}
    assert all(j.repo in known and j.why for j in judgements().values())
