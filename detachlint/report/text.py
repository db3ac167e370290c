"""The report for people: each finding with its source, and the way from the query to the read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from detachlint.domain.findings import Finding, Report, TraceStep, Way
from detachlint.domain.source import Span
from detachlint.report.excerpt import excerpt
from detachlint.report.fixes import render_fix
from detachlint.report.phrases import counted, wrapped
from detachlint.report.sources import Sources
from detachlint.report.style import Line, plain

_INDENT = "  "
# Findings of one code in one line that are shown whole, and how many of the others are named.
MAX_ALIKE = 3
MAX_NAMED = 8


def render_text(report: Report, sources: Sources, *, width: int = 80) -> Iterator[Line]:
    """The lines of the report; only what can not be broken is wider than ``width``."""
    for _, alike in groupby(report.findings, key=lambda f: (f.path, f.line, f.code)):
        findings = list(alike)
        for finding in findings[:MAX_ALIKE]:
            yield from _finding(finding, sources, width)
            yield plain()
        if len(findings) > MAX_ALIKE:
            yield from _more(findings[MAX_ALIKE:], width)
            yield plain()
    yield _summary(report)


def _more(findings: list[Finding], width: int) -> Iterator[Line]:
    """A serialiser that walks over a whole graph has the same fault many times in one line."""
    first = findings[0]
    names = list(dict.fromkeys(f"{f.entity}.{f.relationship}" for f in findings))
    listed = ", ".join(f"`{name}`" for name in names[:MAX_NAMED])
    rest = len(names) - MAX_NAMED
    more = f" and {rest} more (--output-format concise lists all)" if rest > 0 else ""
    yield ((f"{first.path}:{first.line}", "path"), (": ", ""), (first.code, first.severity.value))
    yield from wrapped(
        f"and the same {counted(len(findings), 'time')} more in this line: {listed}{more}",
        width,
        first=_INDENT,
        style="",
    )


def _finding(finding: Finding, sources: Sources, width: int) -> Iterator[Line]:
    yield (
        (f"{finding.path}:{finding.line}:{finding.column}", "path"),
        (": ", ""),
        (finding.code, finding.severity.value),
        (f" {finding.name}", ""),
    )
    yield from wrapped(finding.message, width, first=_INDENT, style="")
    steps = _steps(finding)
    gutter = max(len(str(span.line)) for span in (finding.span, *(step.span for step in steps)))
    yield plain()
    yield from _quoted(finding.span, sources, gutter, width, mark="mark")
    if steps:
        yield plain()
    for number, step in enumerate(steps, start=1):
        place = f"{step.span.path}:{step.span.line}:{step.span.column}"
        yield ((f"{_INDENT}{number}. ", "origin"), (place, "path"))
        yield from wrapped(step.message, width, first=_INDENT + "   ", style="")
        yield from _quoted(step.span, sources, gutter, width, mark="origin")
    if finding.also:
        yield plain()
        yield from wrapped(_also(finding.also), width, first=_INDENT, style="")
    if finding.help or finding.fix is not None:
        yield plain()
    if finding.help:
        yield from wrapped(finding.help, width, first=_INDENT + "help: ", style="help")
    if finding.fix is not None:
        yield from render_fix(finding.fix, sources, width)


def _also(ways: tuple[Way, ...]) -> str:
    """The other queries, which a loader option at the first one does not mend."""
    places = [f"{way.origin.path}:{way.origin.line} ({way.code})" for way in ways[:MAX_NAMED]]
    rest = len(ways) - len(places)
    more = f" and {rest} more (--output-format json lists all)" if rest else ""
    return f"other queries that lead here: {', '.join(places)}{more}"


def _steps(finding: Finding) -> tuple[TraceStep, ...]:
    """The trace, with the origin in front where the trace doesn't pass it."""
    origin = finding.origin
    places = {(step.span.path, step.span.line) for step in finding.trace}
    if origin is None or (origin.path, origin.line) in places:
        return finding.trace
    return (TraceStep(origin, "the object comes from here"), *finding.trace)


def _quoted(span: Span, sources: Sources, gutter: int, width: int, *, mark: str) -> Iterator[Line]:
    margin = _INDENT + "   "
    quote = excerpt(sources, span, gutter=gutter, width=width - len(margin) - gutter - 3)
    if quote is None:
        return
    yield ((f"{margin}{quote.number} | ", "quiet"), (quote.code, ""))
    yield ((f"{margin}{' ' * gutter} | ", "quiet"), (quote.mark, mark))


def _summary(report: Report) -> Line:
    files = report.statistics.get("files")
    where = "" if files is None else f" in {counted(files, 'file')}"
    if not report.findings:
        return plain(f"No faults found{where}.", "help")
    by_severity = Counter(finding.severity.value for finding in report.findings)
    parts = ", ".join(
        counted(by_severity[kind], noun)
        for kind, noun in (("error", "error"), ("warning", "warning"), ("info", "hint"))
        if by_severity[kind]
    )
    return plain(f"Found {counted(len(report.findings), 'fault')}{where}: {parts}.", "path")
