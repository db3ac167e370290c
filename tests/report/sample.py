"""A report made by hand, and the files that it quotes."""

from pathlib import Path

from detachlint.domain.findings import Edit, Finding, Fix, Report, Severity, TraceStep, Way
from detachlint.domain.source import Problem, Span

REPOSITORY = "async def get(session, id):\n    return await session.get(Booking, id)\n"
SERVICE = "async def name(session, id):\n    booking = await get(session, id)\n    return booking.user.name\n"

READ = Span("service.py", 3, 12, 3, 24)
QUERY = Span("repository.py", 2, 18, 2, 42)
LISTED = Span("repository.py", 1, 11, 1, 14)
CALL = Span("service.py", 2, 21, 2, 37)

LOST = Finding(
    "DET101",
    "async-lazy-load",
    "Booking.user is read, and nothing has loaded it: "
    "the lazy load raises MissingGreenlet under an async session.",
    READ,
    Severity.ERROR,
    entity="Booking",
    relationship="user",
    chain="booking.user.name",
    error="MissingGreenlet",
    origin=QUERY,
    trace=(
        TraceStep(QUERY, "Booking is loaded here, without an option for user"),
        TraceStep(CALL, "get() returns it"),
    ),
    also=(Way("DET102", "DetachedInstanceError", LISTED, (TraceStep(LISTED, "Booking is queried here"),)),),
    help="Load it with the query: session.get(Booking, id, options=[joinedload(Booking.user)])",
)
FACTORY = Finding(
    "DET403",
    "expire-on-commit-async",
    "Commit expires all attributes.",
    Span("service.py", 2, 5, 2, 12),
    Severity.WARNING,
    origin=QUERY,
    fix=Fix("safe", "Pass it", (Edit("service.py", 3, 4, "é"),)),
)
REPORT = Report(
    findings=(FACTORY, LOST),
    problems=(
        Problem("bad.py", 7, "is not\n UTF-8"),
        Problem("docs", 1, "no Python files found", fatal=False),
    ),
    statistics={"files": 2, "functions": 1234},
    unknown={"unknown callee": 3, "too deep": 11},
)
NOTHING = Report(findings=(), problems=(), statistics={"files": 1}, unknown={})


def write_sources(folder: Path) -> None:
    (folder / "repository.py").write_text(REPOSITORY, encoding="utf-8")
    (folder / "service.py").write_text(SERVICE, encoding="utf-8")
