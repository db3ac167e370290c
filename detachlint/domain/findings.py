"""What the user gets to see."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from detachlint.domain.source import Problem, Span

if TYPE_CHECKING:
    from detachlint.domain.edits import Proposal


class Severity(StrEnum):
    """How bad: an error fails at run time, a warning costs or may fail, info is advice."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class TraceStep:
    """A step of the way from the query to the read."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Way:
    """Another way to the read of a finding, from another query, on which it fails as well.

    Args:
        code: the rule that would report it, were it the only one.
        error, origin, trace: as those of a Finding.
    """

    code: str
    error: str | None
    origin: Span
    trace: tuple[TraceStep, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters ``start`` to ``end`` (offsets into the decoded text) of a file."""

    path: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A proposed change. ``applicability`` is ``safe``, ``unsafe`` or ``display``."""

    applicability: str
    message: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault at one place.

    Args:
        entity: class name of the entity, as the reader knows it.
        relationship: the attribute that isn't there.
        chain: the read as written from the variable on, ``booking.user.name``.
        error: the exception that follows at run time, or None.
        reason: why nothing could be proved; empty for what is certain.
        origin: the query (or constructor, or refresh) that the object came from.
        also: the other queries whose objects fail at this read, the worst first, each once.
        proposals: ways to mend it, not tried yet.
        fix: the one that was tried and mends it.
        unfixed: why there is none, where one was tried or a person is needed.
    """

    code: str
    name: str
    message: str
    span: Span
    severity: Severity
    entity: str | None = None
    relationship: str | None = None
    chain: str | None = None
    error: str | None = None
    reason: str = ""
    origin: Span | None = None
    trace: tuple[TraceStep, ...] = ()
    also: tuple[Way, ...] = ()
    help: str | None = None
    proposals: tuple[Proposal, ...] = field(default=(), compare=False)
    fix: Fix | None = None
    unfixed: str | None = None

    @property
    def path(self) -> str:
        return self.span.path

    @property
    def line(self) -> int:
        return self.span.line

    @property
    def column(self) -> int:
        return self.span.column

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        return (self.span.path, self.span.line, self.span.column, self.code, self.message)


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of an analysis: sorted findings, sorted problems, and counts.

    Args:
        statistics: flat, ordered name -> count, shown by ``--statistics`` and in the JSON.
        unknown: reason -> number of values that stayed unknown for it.
    """

    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    statistics: dict[str, int]
    unknown: dict[str, int]
