"""Compare what the analyser says of a program with what SQLAlchemy did."""

import ast
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any, Literal, Protocol

from detachlint.testing import Program, execute
from tests.fuzz.case import Case
from tests.fuzz.run import Expectation, expectation

# Works only while the target happens to be in the session: right whether or not it was, this time.
MAP_DEPENDENT = "DET113"


class Claim(Protocol):
    """What the comparison needs of a finding."""

    @property
    def code(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def error(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One of the two is wrong, and it is not SQLAlchemy."""

    kind: Literal["missed", "false alarm", "crash"]
    expected: Expectation
    findings: tuple[Claim, ...]
    detail: str = ""

    @property
    def subject(self) -> tuple[str, str]:
        """What must stay the same while the program is reduced."""
        if self.kind == "missed":
            return self.kind, self.expected.kind
        return self.kind, self.detail or ",".join(sorted({f"{f.code} {f.error}" for f in self.findings}))


@dataclass(frozen=True, slots=True)
class Verdict:
    """One program, compared."""

    expected: Expectation
    disagreement: Disagreement | None


def compare(case: Case) -> Verdict:
    """Execute and analyse the program. An invalid one is not analysed."""
    program = case.program()
    expected = expectation(program)
    if not expected.valid:
        return Verdict(expected, None)
    try:
        findings = _analyse(program)
    except Exception as error:
        crash = Disagreement("crash", expected, (), f"{type(error).__name__}: {error}")
        return Verdict(expected, crash)
    found = judge(program, expected, findings)
    if found is not None and found.kind == "false alarm" and _come_true(case, found.findings):
        found = None
    return Verdict(expected, found)


def _come_true(case: Case, claims: Sequence[Claim]) -> bool:
    """Whether each error that is claimed is raised, at its place, where a table is empty. A claim says that
    there is a way on which the read fails, and a query that finds nothing is such a way.
    """
    raised: set[tuple[str | None, str | None, int | None]] = set()
    for entity in case.schema.entities:
        outcome = expectation(case.program(without=entity)).outcome
        raised.add((outcome.error, outcome.path, outcome.line))
    return all((claim.error, claim.path, claim.line) in raised for claim in claims)


def judge(program: Program, expected: Expectation, findings: Sequence[Claim]) -> Disagreement | None:
    """Whether the findings are what the execution calls for."""
    claims = [f for f in findings if f.error is not None and f.code != MAP_DEPENDENT]
    outcome = expected.outcome
    if outcome.error is None:
        return Disagreement("false alarm", expected, tuple(claims)) if claims else None
    place = (outcome.path, outcome.line)
    once = visited_once(program)
    # One read is one finding: where a line is passed more than once, with the error of one of the times.
    errors = [f.error for f in findings if (f.path, f.line) == place and f.code != MAP_DEPENDENT]
    found = outcome.error in errors or (place not in once and any(errors))
    if not found and not any((f.path, f.line) == place and f.code == MAP_DEPENDENT for f in findings):
        return Disagreement("missed", expected, tuple(claims))
    elsewhere = [f for f in claims if (f.path, f.line) != place]
    if elsewhere:
        # Whatever comes after the error did not happen, and says nothing.
        executed = executed_lines(program) & once
        early = [f for f in elsewhere if (f.path, f.line) in executed]
        if early:
            return Disagreement("false alarm", expected, tuple(early))
    return None


def visited_once(program: Program) -> set[tuple[str, int]]:
    """The lines that are passed at most once: those of ``main()`` outside loops. The analyser goes on after a
    failing read, so a line that would be passed again may fail then, for a reason that had not come about the
    first time.
    """
    lines: set[tuple[str, int]] = set()

    def collect(statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            if isinstance(statement, (ast.For, ast.AsyncFor, ast.While)):
                continue
            lines.add(("main.py", statement.lineno))
            for name in ("body", "orelse", "finalbody"):
                collect(getattr(statement, name, []))

    for node in ast.parse(program.files["main.py"]).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == "main":
            collect(node.body)
    return lines


def executed_lines(program: Program) -> set[tuple[str, int]]:
    """The lines of the program that run."""
    lines: set[tuple[str, int]] = set()

    def enter(frame: FrameType, event: str, _: Any) -> Any:
        # The program's folder is the current directory while it runs.
        folder = os.getcwd() + os.sep
        if not frame.f_code.co_filename.startswith(folder):
            return None
        path = frame.f_code.co_filename.removeprefix(folder).replace(os.sep, "/")
        if path not in program.files:
            return None

        def step(frame: FrameType, event: str, _: Any) -> Any:
            if event == "line":
                lines.add((path, frame.f_lineno))
            return step

        return step

    previous = sys.gettrace()
    sys.settrace(enter)
    try:
        execute(program)
    finally:
        sys.settrace(previous)
    return lines


def _analyse(program: Program) -> Sequence[Claim]:
    from detachlint.api import analyse_sources

    report = analyse_sources(program.files)
    if report.problems:
        raise AssertionError(report.problems[0].message)
    return report.findings
