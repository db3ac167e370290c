"""One line a finding: ``path:line:column: CODE message``."""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.findings import Report


def render_concise(report: Report) -> Iterator[str]:
    """The lines of the report."""
    for finding in report.findings:
        yield f"{finding.path}:{finding.line}:{finding.column}: {finding.code} {finding.message}"
