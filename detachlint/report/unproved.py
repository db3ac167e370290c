"""What a strict run could not prove, by reason: what would settle most of it comes first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from detachlint.domain.findings import Finding, Report
from detachlint.report.style import Line, plain

_PLACES = 3

# What settles a read, by the beginning of its reason.
_REMEDIES = (
    (
        "object whose query is not in the analysed code",
        "analyse the code that calls these functions too, or let them take plain values",
    ),
    ("object whose session is not known", "annotate the session: `session: AsyncSession`"),
    ("the session may hold the object already", "give the query that reads it the loader option itself"),
    ("passed to an unknown function", "analyse that function too, or pass it plain values"),
    ("loader options that are not known", "annotate the options, or build them in analysed code"),
    ("code that nothing reaches", "analyse what calls it; if nothing does, take it out"),
    ("result of a library call", "annotate the variable that it is assigned to: `order: Order = ...`"),
    ("parameter of a request", "annotate the parameter with its schema"),
    ("argument that is not given", "annotate the parameter: `order: Order`"),
    ("parameter of a lambda", "write a function with an annotated parameter instead"),
    ("attribute set elsewhere", "annotate the attribute in the class: `order: Order`"),
    ("unresolved name", "analyse the package that defines it too"),
    ("paths over the bound", "let callers decide what the function decides, or split it"),
    ("outcomes over the bound", "let callers decide what the function decides, or split it"),
    ("activations over the bound of work", "split the function"),
    ("contexts over the bound", "give the function a narrower job than all its callers' together"),
    ("too many contexts", "give the function a narrower job than all its callers' together"),
    ("calls left out", "split the entry point, or analyse its parts in runs of their own"),
    ("recursive calls", "write a loop, or commit and expire outside of the recursion"),
)
_ELSE = "annotate it, or load it in analysed code"


def render_unproved(report: Report) -> Iterator[Line]:
    """The lines of the summary; none where everything was proved."""
    open_ones = [f for f in report.findings if f.reason]
    if not open_ones:
        return
    reasons = Counter(f.reason for f in open_ones)
    width = len(f"{max(reasons.values()):,}")
    yield plain()
    yield plain(f"Not proved, by reason ({len(open_ones):,} in all)", "path")
    for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
        yield ((f"  {count:>{width},}", "entity"), (f"  {reason}", ""))
        margin = " " * (width + 4)
        yield plain(f"{margin}{_remedy(reason)}", "help")
        yield from _places([f for f in open_ones if f.reason == reason], margin)


def _remedy(reason: str) -> str:
    return next((remedy for start, remedy in _REMEDIES if reason.startswith(start)), _ELSE)


def _places(findings: list[Finding], margin: str) -> Iterator[Line]:
    """Where most of them are: the file, and the variable that is read from."""
    places = Counter((f.path, _subject(f)) for f in findings)
    listed = sorted(places.items(), key=lambda item: (-item[1], item[0]))
    for (path, subject), count in listed[:_PLACES]:
        name = f"  {subject}" if subject else ""
        yield ((f"{margin}{path}", "quiet"), (name, ""), (f"  {count:,}", "entity"))
    if len(listed) > _PLACES:
        yield plain(f"{margin}and {len(listed) - _PLACES:,} more", "quiet")


def _subject(finding: Finding) -> str:
    """The variable at the beginning of a read: what an annotation would be about."""
    return (finding.chain or "").partition(".")[0].partition("(")[0].partition("[")[0]
