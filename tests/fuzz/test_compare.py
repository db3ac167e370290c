"""What counts as a disagreement, and how a program with one is made smaller."""

from dataclasses import dataclass

import pytest

from detachlint.testing import Outcome, Program
from tests.fuzz.body import random_case
from tests.fuzz.case import Case
from tests.fuzz.compare import executed_lines, judge
from tests.fuzz.reduce import reduce
from tests.fuzz.run import Expectation, expectation

PROGRAM = Program.parse(
    """\
def main():
    first = 1
    second = [][first]
    third = 3
"""
)
CLEAN = Expectation("clean", Outcome(None, None, None, ""))
FAILED = Expectation("MissingGreenlet", Outcome("MissingGreenlet", "main.py", 3, ""))


@dataclass(frozen=True)
class Found:
    line: int
    error: str | None = "MissingGreenlet"
    code: str = "DET101"
    path: str = "main.py"


@pytest.mark.parametrize(
    ("expected", "findings", "kind"),
    [
        (CLEAN, [], None),
        (CLEAN, [Found(2)], "false alarm"),
        (CLEAN, [Found(2, error=None, code="DET201")], None),
        (CLEAN, [Found(2, code="DET113")], None),
        (FAILED, [Found(3)], None),
        (FAILED, [], "missed"),
        (FAILED, [Found(2)], "missed"),
        (FAILED, [Found(3, path="other.py")], "missed"),
        (FAILED, [Found(3, error="DetachedInstanceError")], "missed"),
        (FAILED, [Found(3, error=None)], "missed"),
        (FAILED, [Found(3, code="DET113", error=None)], None),
        (FAILED, [Found(3), Found(2)], "false alarm"),
        (FAILED, [Found(3), Found(4)], None),
    ],
)
def test_a_judgement(expected: Expectation, findings: list[Found], kind: str | None) -> None:
    disagreement = judge(PROGRAM, expected, findings)
    assert (disagreement.kind if disagreement else None) == kind


def test_a_read_in_a_loop_is_told_with_one_of_its_errors() -> None:
    program = Program({"main.py": "def main():\n    for item in [1, 2]:\n        [][item]\n"})
    assert judge(program, FAILED, [Found(3, error="DetachedInstanceError")]) is None
    assert judge(program, FAILED, [Found(3, error=None, code="DET201")]) is not None


def test_executed_lines_end_at_the_error() -> None:
    assert executed_lines(PROGRAM) == {("main.py", 1), ("main.py", 2), ("main.py", 3)}


def test_a_reduced_program_still_fails_and_can_lose_nothing_more() -> None:
    def fails_alike(case: Case) -> bool:
        return expectation(case.program()).kind == "MissingGreenlet"

    index = next(i for i in range(100) if fails_alike(random_case(1, i)))
    case = random_case(1, index)
    reduced = reduce(case, fails_alike)
    assert fails_alike(reduced)
    assert len(reduced.program().text()) < len(case.program().text())
    assert not any(fails_alike(smaller) for smaller in reduced.simpler())
