"""The table of ``docs/real-projects.md``: what lies between its two markers is rewritten."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from tests.corpus.manifest import Project

_BEGIN = "<!-- measured: begin -->"
_END = "<!-- measured: end -->"
_REASONS = 10


def write(page: Path, measured: list[tuple[Project, dict[str, Any]]]) -> None:
    """Put the figures into the page."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(_BEGIN)
    after = rest.split(_END)[1]
    blocks = [_figures(measured), _codes(measured), _reasons(measured)]
    page.write_text(f"{before}{_BEGIN}\n\n" + "\n\n".join(blocks) + f"\n\n{_END}{after}", encoding="utf-8")


def _figures(measured: list[tuple[Project, dict[str, Any]]]) -> str:
    rows = [
        "| project | commit | files | lines | entities | seconds | lines/s | peak MB | not parsed "
        "| time-out, internal errors | findings | resolution |",
        "|--|--|--:|--:|--:|--:|--:|--:|--:|--|--:|--:|",
    ]
    for project, m in measured:
        seconds = sum(m.get("seconds", {}).values())
        lines = m.get("lines", 0)
        cells = [
            project.repo,
            f"`{project.commit}`",
            f"{m.get('files', 0):,}",
            f"{lines:,}",
            str(m.get("entities", "")),
            f"{seconds:.1f}",
            f"{lines / seconds:,.0f}" if seconds else "",
            str(m.get("peak_mb", "")),
            str(len(m.get("problems", []))),
            _failure(m),
            str(len(m["findings"])) if "findings" in m else "",
            f"{m['resolution']['share']:.0%}" if "resolution" in m else "",
        ]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _failure(measured: dict[str, Any]) -> str:
    if "crash" in measured:
        return str(measured["crash"]["error"])[:60].removesuffix(": ")
    return str(len(measured.get("internal_errors", [])) or "no")


def _codes(measured: list[tuple[Project, dict[str, Any]]]) -> str:
    counts = {p.repo: Counter(f["code"] for f in m.get("findings", [])) for p, m in measured}
    codes = sorted({code for c in counts.values() for code in c})
    rows = ["| findings | " + " | ".join(codes) + " |", "|--|" + "--:|" * len(codes)]
    rows += [f"| {repo} | " + " | ".join(str(c[x] or "") for x in codes) + " |" for repo, c in counts.items()]
    return "\n".join(rows)


def _reasons(measured: list[tuple[Project, dict[str, Any]]]) -> str:
    total: Counter[str] = Counter()
    for _, m in measured:
        total.update(m.get("resolution", {}).get("reasons", {}))
    rows = ["| why the receiver of a read is unknown | reads |", "|--|--:|"]
    rows += [f"| {reason} | {count:,} |" for reason, count in total.most_common(_REASONS)]
    return "\n".join(rows)
