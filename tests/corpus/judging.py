"""Findings that somebody has read beside the source: ``judgements.toml`` keeps what came out, so that no
finding is judged twice.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "judgements.toml"
TRUE, FALSE = "true", "false"


@dataclass(frozen=True, slots=True)
class Judgement:
    """One finding, judged.

    Args:
        verdict: ``true`` (the read does what the finding says), or ``false``.
        why: what was seen in the source.
    """

    repo: str
    fingerprint: str
    verdict: str
    why: str


def fingerprint(repo: str, finding: dict[str, Any]) -> str:
    """The same for the same fault in later commits, as long as neither its file nor its words change."""
    parts = (
        repo,
        finding["code"],
        finding["path"],
        finding["entity"] or "",
        finding["relationship"] or "",
        finding["chain"] or "",
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def judgements() -> dict[str, Judgement]:
    """Fingerprint -> judgement.

    Raises:
        ValueError: a verdict is neither true nor false, or a finding is judged twice.
    """
    out: dict[str, Judgement] = {}
    for entry in tomllib.loads(_FILE.read_text(encoding="utf-8")).get("judged", []):
        made = Judgement(entry["repo"], entry["fingerprint"], entry["verdict"], entry["why"])
        if made.verdict not in (TRUE, FALSE):
            raise ValueError(f"{made.fingerprint}: '{made.verdict}' is no verdict")
        if made.fingerprint in out:
            raise ValueError(f"{made.fingerprint} is judged twice")
        out[made.fingerprint] = made
    return out


@dataclass(frozen=True, slots=True)
class Precision:
    """Of the findings of one run: how many were judged, and how many of these are true."""

    findings: int
    true: int
    false: int

    @property
    def share(self) -> float | None:
        judged = self.true + self.false
        return self.true / judged if judged else None


def precision(repo: str, findings: list[dict[str, Any]]) -> Precision:
    """What the judgements say of the findings that a run has."""
    known = judgements()
    verdicts = Counter(known[p].verdict for f in findings if (p := fingerprint(repo, f)) in known)
    return Precision(len(findings), verdicts[TRUE], verdicts[FALSE])


def unjudged(repo: str, findings: list[dict[str, Any]]) -> list[str]:
    """What is still to be read, with the way from the query to the read."""
    known = judgements()
    out = []
    for finding in findings:
        mark = fingerprint(repo, finding)
        if mark not in known:
            head = f"{mark} {finding['code']} {finding['path']}:{finding['line']} {finding['message']}"
            out.append("\n".join([head, *(f"    {step}" for step in finding["trace"])]))
    return out
