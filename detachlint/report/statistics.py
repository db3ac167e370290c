"""The tables of ``--statistics``: findings by rule, what was analysed, and what stayed unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from detachlint.domain.findings import Report
from detachlint.report.style import Line, plain


def render_statistics(report: Report) -> Iterator[Line]:
    """The lines of the tables; a table without rows is left out."""
    rules = Counter(f"{finding.code} {finding.name}" for finding in report.findings)
    yield from _table("Findings", _most_first(rules.items()))
    yield from _table("Analysed", report.statistics.items())
    yield from _table("Unknown values, by reason", _most_first(report.unknown.items()))


def _most_first(rows: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def _table(title: str, rows: Iterable[tuple[str, int]]) -> Iterator[Line]:
    rows = list(rows)
    if not rows:
        return
    figures = [f"{count:,}" for _, count in rows]
    width = max(map(len, figures))
    yield plain()
    yield plain(title, "path")
    for (label, _), figure in zip(rows, figures, strict=True):
        yield (("  " + figure.rjust(width), "entity"), (f"  {label}", ""))
