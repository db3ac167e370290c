"""Every fault of the booking backend's old code is found where it is, and its new code has none.

``legacy/faults.toml`` says what fails at run time; a test of the backend itself drives the routes to see it.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from detachlint.api import analyse
from detachlint.config import Config
from detachlint.domain.facts import Failure
from detachlint.domain.findings import Finding
from detachlint.rules import RULES
from detachlint.selection import ALL

BACKEND = Path(__file__).parents[2] / "fixtures" / "booking"
CLAIMED = {Failure.MISSING_GREENLET, Failure.DETACHED, Failure.INVALID_REQUEST}
"""The errors that a finding may name; the manifest knows others."""
ON_BY_DEFAULT = {rule.code for rule in RULES if rule.default}


@dataclass(frozen=True)
class Verdict:
    """What is reported at a line, or has to be."""

    rule: str
    error: str | None
    file: str
    line: str


@dataclass(frozen=True)
class Fault:
    id: str
    verdict: Verdict
    opt_in: bool


@cache
def lines(path: str) -> list[str]:
    return (BACKEND / path).read_text(encoding="utf-8").splitlines()


@cache
def faults() -> tuple[Fault, ...]:
    listed = tomllib.loads((BACKEND / "legacy" / "faults.toml").read_text(encoding="utf-8"))["fault"]
    return tuple(
        Fault(
            fault["id"],
            Verdict(
                fault["rule"],
                fault["error"] if fault["error"] in CLAIMED else None,
                fault["file"],
                fault["line"],
            ),
            fault.get("opt_in", False),
        )
        for fault in listed
    )


@cache
def found() -> tuple[Finding, ...]:
    """All that all rules report, the opt-in ones included."""
    return analyse(["."], Config(select=(ALL,)), cwd=BACKEND).findings


def verdict(finding: Finding) -> Verdict:
    line = lines(finding.path)[finding.line - 1].strip()
    return Verdict(finding.code, finding.error, finding.path, line)


def of_new_code(findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if not finding.path.startswith("legacy/")]


def test_the_backend_is_read_whole() -> None:
    report = analyse(["."], Config(), cwd=BACKEND)
    assert report.problems == ()
    assert {finding.code for finding in report.findings} <= ON_BY_DEFAULT


@pytest.mark.parametrize("fault", faults(), ids=lambda fault: fault.id)
def test_a_fault_is_found(fault: Fault) -> None:
    here = [verdict(f) for f in found() if f.path == fault.verdict.file]
    assert fault.verdict in here
    assert fault.opt_in == (fault.verdict.rule not in ON_BY_DEFAULT)


@pytest.mark.parametrize("fault", faults(), ids=lambda fault: fault.id)
def test_a_fault_is_found_once(fault: Fault) -> None:
    assert [verdict(f) for f in found()].count(fault.verdict) == 1


def test_an_error_is_claimed_for_listed_faults_only() -> None:
    listed = {fault.verdict for fault in faults()}
    assert [f for f in found() if f.error is not None and verdict(f) not in listed] == []


def test_nothing_is_found_in_the_new_code() -> None:
    assert [f for f in of_new_code(found()) if f.code in ON_BY_DEFAULT] == []


def test_strict_proves_the_new_code() -> None:
    assert analyse(["app"], Config(strict=True), cwd=BACKEND).findings == ()
