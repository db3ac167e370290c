"""What a fix would change, under its finding; and what fixing a program came to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from detachlint.domain.findings import Finding, Fix, Report
from detachlint.report.diff import edited, hunks
from detachlint.report.phrases import counted, wrapped
from detachlint.report.sources import Sources
from detachlint.report.style import Line, plain


def render_fix(fix: Fix, sources: Sources, width: int) -> Iterator[Line]:
    """The message and the changed lines."""
    label = "fix: " if fix.applicability == "safe" else f"fix ({fix.applicability}): "
    yield from wrapped(fix.message, width, first=f"  {label}", style="help")
    for path in sorted({edit.path for edit in fix.edits}):
        text = sources.text(path)
        if text is None:
            continue
        changed = edited(text, (edit for edit in fix.edits if edit.path == path))
        yield (("     ", ""), (path, "path"))
        for line in hunks(text, changed, context=0):
            yield (("     ", ""), *line)


def render_fixed(
    fixed: tuple[Finding, ...], changed: Mapping[str, tuple[str, str]], report: Report, *, done: bool
) -> Iterator[Line]:
    """The summary: what is fixed, and what is left, with the reason."""
    verb = "Fixed" if done else "Would fix"
    if fixed:
        yield plain(f"{verb} {counted(len(fixed), 'fault')} in {counted(len(changed), 'file')}.", "help")
    left = report.findings
    if not left:
        yield plain("No faults are left." if fixed else "No faults found.", "help")
        return
    yield plain(
        f"{counted(len(left), 'fault')} {'is' if len(left) == 1 else 'are'} left for a person:", "path"
    )
    for finding in left:
        yield (
            (f"{finding.path}:{finding.line}:{finding.column}", "path"),
            (": ", ""),
            (finding.code, finding.severity.value),
            (f" {finding.message}", ""),
        )
        yield ((f"  {finding.unfixed or 'no edit is known for it'}", "quiet"),)
