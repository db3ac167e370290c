"""The report as JSON, for programs."""

from __future__ import annotations

import json

from detachlint import __version__
from detachlint.domain.findings import Finding, Fix, Report, TraceStep
from detachlint.domain.source import Span


def render_json(report: Report) -> str:
    """One JSON object, the same for the same report."""
    return json.dumps(
        {
            "version": __version__,
            "findings": [_finding(finding) for finding in report.findings],
            "errors": [
                {"path": one.path, "line": one.line, "message": one.message, "fatal": one.fatal}
                for one in report.problems
            ],
            "statistics": {**report.statistics, "unknown": dict(sorted(report.unknown.items()))},
        },
        indent=2,
        ensure_ascii=False,
    )


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "name": finding.name,
        "message": finding.message,
        "help": finding.help,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.span.end_line,
        "end_column": finding.span.end_column,
        "severity": finding.severity.value,
        "entity": finding.entity,
        "relationship": finding.relationship,
        "chain": finding.chain,
        "error": finding.error,
        "reason": finding.reason or None,
        "origin": None if finding.origin is None else _place(finding.origin),
        "trace": _trace(finding.trace),
        "also": [
            {"code": way.code, "error": way.error, "origin": _place(way.origin), "trace": _trace(way.trace)}
            for way in finding.also
        ],
        "fix": None if finding.fix is None else _fix(finding.fix),
        "unfixed": finding.unfixed,
    }


def _trace(steps: tuple[TraceStep, ...]) -> list[dict[str, object]]:
    return [{**_place(step.span), "message": step.message} for step in steps]


def _place(span: Span) -> dict[str, object]:
    return {"path": span.path, "line": span.line, "column": span.column}


def _fix(fix: Fix) -> dict[str, object]:
    return {
        "applicability": fix.applicability,
        "message": fix.message,
        "edits": [
            {"path": edit.path, "start": edit.start, "end": edit.end, "text": edit.text} for edit in fix.edits
        ],
    }
