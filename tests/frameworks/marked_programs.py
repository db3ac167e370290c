"""Programs whose faulty line is marked in the text: ``book.author.name  # fails: DetachedInstanceError``."""

import re
from dataclasses import dataclass

from detachlint.api import analyse_sources
from detachlint.domain.findings import Finding
from detachlint.testing import Program, execute

_MARK = re.compile(r"  # fails: (?P<error>\w+)$")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is marked in a program."""

    error: str
    path: str
    line: int


def fault_of(program: Program) -> Fault | None:
    """The marked line; None in a program that works."""
    for path, text in program.files.items():
        for number, line in enumerate(text.splitlines(), 1):
            mark = _MARK.search(line)
            if mark is not None:
                return Fault(mark["error"], path, number)
    return None


def check_run(text: str) -> None:
    """Assert that SQLAlchemy does what the mark says."""
    program = Program.parse(text)
    outcome = execute(program)
    fault = fault_of(program)
    if fault is None:
        assert outcome.error is None, outcome
    else:
        assert (outcome.error, outcome.path, outcome.line) == (fault.error, fault.path, fault.line), outcome


def check_findings(text: str) -> Finding | None:
    """Assert that the analyser reports the marked line and no other error; the finding is returned."""
    program = Program.parse(text)
    findings = [f for f in analyse_sources(program.files).findings if f.error is not None]
    fault = fault_of(program)
    expected = [] if fault is None else [(fault.error, fault.path, fault.line)]
    assert [(f.error, f.path, f.line) for f in findings] == expected, findings
    return findings[0] if findings else None
