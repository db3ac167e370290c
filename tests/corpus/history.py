"""Historic fixes: the commit before must have a finding that the fix takes away, on a way that the fix
changes: the query, a step, the read, or the mapping of what is read.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.corpus.manifest import HistoricFix
from tests.corpus.mirror import Hunk, MissingMirrorError, changed_lines, checkout
from tests.corpus.supervise import supervise

Key = tuple[str, str, str, str]
# A step of a finding's way is at a change when it lies this near to it: a statement over several lines has
# one number.
_NEAR = 8
_SLOW = "DET107"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a fix.

    Args:
        answer: ``found``; ``elsewhere`` (what is gone goes through a changed file, but not through a changed
            line); ``missed``, ``crash`` or ``no mirror``.
        gone: findings of the parent that the fix doesn't have, those at a change first, each with the step
            there.
        new: how many findings only the fix has.
    """

    repo: str
    commit: str
    kind: str
    subject: str
    answer: str
    gone: tuple[str, ...] = ()
    new: int = 0
    detail: str = ""


def compare(
    fix: HistoricFix, mirrors: Path, trees: Path, results: Path, seconds: int, store: Path
) -> Verdict:
    """Analyse the parent, and the fix if the parent has a finding that it could take away.

    Args:
        store: keeps what was parsed.
    """
    about = (fix.repo, fix.commit, fix.kind, fix.subject)
    try:
        hunks = changed_lines(mirrors, fix.repo, fix.parent, fix.commit)
        parent = _measure(fix, fix.parent, mirrors, trees, results, seconds, store)
        if "crash" in parent:
            return Verdict(*about, "crash", detail=parent["crash"]["error"])
        before = _findings(parent)
        files = {h.path for h in hunks}
        if not any(_place(s)[0] in files for way in before.ways.values() for s in way):
            return Verdict(*about, "missed", detail="no finding of the parent goes through a changed file")
        fixed = _measure(fix, fix.commit, mirrors, trees, results, seconds, store)
        if "crash" in fixed:
            return Verdict(*about, "crash", detail=fixed["crash"]["error"])
    except MissingMirrorError as error:
        return Verdict(*about, "no mirror", detail=str(error))
    found = mended(parent, fixed, hunks)
    return Verdict(*about, found.answer, found.gone, found.new)


@dataclass(frozen=True, slots=True)
class Mended:
    """What a fix did to the findings of its parent; see ``Verdict``."""

    answer: str
    gone: tuple[str, ...]
    new: int


def mended(parent: dict[str, Any], fixed: dict[str, Any], hunks: list[Hunk]) -> Mended:
    """Compare what was measured. A read that is reported under another code now is not mended, unless it
    failed and is slow now (another way leads there).
    """
    before, after = _findings(parent), _findings(fixed)
    files = {h.path for h in hunks}
    gone = [k for k in sorted((before - after).elements()) if _reported(after, k) < _reported(before, k)]
    at_change = {k: step for k in gone if (step := _at_a_change(before.ways[k], hunks))}
    nearby = [k for k in gone if any(_place(s)[0] in files for s in before.ways[k])]
    answer = "found" if at_change else "elsewhere" if nearby else "missed"
    listed = [f"{' '.join(k)} ({step})" for k, step in at_change.items()] or [
        " ".join(k) for k in nearby or gone
    ]
    return Mended(answer, tuple(listed[:8]), (after - before).total())


def save(verdicts: list[Verdict], results: Path) -> None:
    """Keep the answers, beside those of earlier runs."""
    path = results / "history.json"
    known = load(results)
    known |= {v.commit: asdict(v) for v in verdicts}
    path.write_text(json.dumps(known, indent=1), encoding="utf-8")


def load(results: Path) -> dict[str, dict[str, Any]]:
    """Commit -> answer."""
    path = results / "history.json"
    found: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def _measure(
    fix: HistoricFix, commit: str, mirrors: Path, trees: Path, results: Path, seconds: int, store: Path
) -> dict[str, Any]:
    tree = checkout(mirrors, fix.repo, commit, fix.paths, trees)
    return supervise(tree, fix.paths, results / f"{tree.name}.json", seconds, store)


class _Findings(Counter[Key]):
    """How often each finding occurs, and the places on its way from the query to the read."""

    def __init__(self) -> None:
        super().__init__()
        self.ways: dict[Key, list[str]] = {}


def _findings(measured: dict[str, Any]) -> _Findings:
    """Without lines, which every edit moves."""
    out = _Findings()
    for f in measured.get("findings", []):
        declared = [f["declared"]] if f.get("declared") else []
        read = f"{f['path']}:{f['line']}: read"
        for way in (f, *f.get("also", ())):
            key = (way["code"], f["path"], f["entity"] or "", f["chain"] or f["relationship"] or "")
            out[key] += 1
            out.ways.setdefault(key, []).extend((read, *way["trace"], *declared))
    return out


def _reported(findings: _Findings, finding: Key) -> int:
    """How often the same read is reported; that it is slow doesn't count for one that fails."""
    code, *read = finding
    return sum(
        count for key, count in findings.items() if [*key[1:]] == read and (code == _SLOW or key[0] != _SLOW)
    )


def _place(step: str) -> tuple[str, int]:
    path, line, _ = step.split(":", 2)
    return path, int(line)


def _at_a_change(way: list[str], hunks: list[Hunk]) -> str:
    for step in way:
        path, line = _place(step)
        if any(h.path == path and h.first - _NEAR <= line <= h.last + _NEAR for h in hunks):
            return step
    return ""
