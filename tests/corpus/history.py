"""Historic fixes: the commit before must have a finding that the fix takes away."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.corpus.manifest import HistoricFix
from tests.corpus.mirror import MissingMirrorError, changed_files, checkout
from tests.corpus.supervise import supervise

Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a fix.

    Args:
        answer: ``found``, ``missed``, ``crash`` or ``no mirror``.
        gone: findings of the parent that the fix doesn't have, first those that touch a changed file.
        new: how many findings only the fix has.
    """

    fix: HistoricFix
    answer: str
    gone: tuple[str, ...] = ()
    new: int = 0
    detail: str = ""


def compare(fix: HistoricFix, mirrors: Path, trees: Path, results: Path, seconds: int) -> Verdict:
    """Analyse both commits."""
    try:
        changed = set(changed_files(mirrors, fix.repo, fix.parent, fix.commit))
        measured = [_measure(fix, c, mirrors, trees, results, seconds) for c in (fix.parent, fix.commit)]
    except MissingMirrorError as error:
        return Verdict(fix, "no mirror", detail=str(error))
    for each in measured:
        if "crash" in each:
            return Verdict(fix, "crash", detail=each["crash"]["error"])
    before, after = (_findings(m) for m in measured)
    gone = sorted((before - after).elements(), key=lambda k: (not _touches(before, k, changed), k))
    near = [k for k in gone if _touches(before, k, changed)]
    listed = tuple(" ".join(k) for k in (near or gone))
    return Verdict(fix, "found" if near else "missed", listed[:5], (after - before).total())


def _measure(
    fix: HistoricFix, commit: str, mirrors: Path, trees: Path, results: Path, seconds: int
) -> dict[str, Any]:
    tree = checkout(mirrors, fix.repo, commit, fix.paths, trees)
    return supervise(tree, fix.paths, results / f"{tree.name}.json", seconds)


class _Findings(Counter[Key]):
    """How often each finding occurs, and which files its way from the query to the read touches."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[Key, set[str]] = {}


def _findings(measured: dict[str, Any]) -> _Findings:
    """Without lines, which every edit moves."""
    out = _Findings()
    for f in measured.get("findings", []):
        key = (f["code"], f["path"], f["entity"] or "", f["chain"] or f["relationship"] or "")
        out[key] += 1
        files = out.files.setdefault(key, {f["path"]})
        files |= {step.split(":")[0] for step in f["trace"]}
    return out


def _touches(findings: _Findings, key: Key, changed: set[str]) -> bool:
    return bool(findings.files.get(key, set()) & changed)
