"""A corpus of small applications whose outcome is known from running them.

Each file of ``cases/`` says in its header what SQLAlchemy does. The first test proves the header, the
second holds the analyser to it. Most programs come as twins: the same shape with the fault and without it.
A new program is a new file there; nothing else has to be edited.
"""

from collections import Counter
from pathlib import Path

import pytest

from detachlint.api import analyse_sources
from detachlint.testing import execute
from tests.programs.expectation import CLEAN, LAZY_LOOP, Case, Place

CASES = Path(__file__).parent / "cases"
FILES = sorted(CASES.glob("*/*.txt"))
IDS = [f"{file.parent.name}/{file.stem}" for file in FILES]

# What the analyser does not find yet. A program that it finds after all must leave the list.
OPEN: frozenset[str] = frozenset()

every_program = pytest.mark.parametrize("file", FILES, ids=IDS)


def test_the_corpus_is_there() -> None:
    assert len(FILES) >= 200


@every_program
def test_header_tells_what_sqlalchemy_does(file: Path) -> None:
    case = Case.read(file)
    expected, program = case.expectation, case.program
    outcome = execute(program)
    if expected.what in (CLEAN, LAZY_LOOP):
        assert outcome.error is None, outcome.message
    else:
        assert outcome.error == expected.what, outcome.message
        assert _required(expected.raised).holds(program, outcome.path, outcome.line), outcome
    loads = Counter((load.path, load.line) for load in outcome.lazy_loads)
    if expected.silent:
        assert set(loads.values()) <= {1}, loads
    if expected.what == LAZY_LOOP:
        place = _required(expected.place)
        assert any(count > 1 and place.holds(program, *where) for where, count in loads.items()), loads


@every_program
def test_analyser_agrees(file: Path, request: pytest.FixtureRequest) -> None:
    if f"{file.parent.name}/{file.stem}" in OPEN:
        request.applymarker(pytest.mark.xfail(strict=True, reason="not found yet"))
    case = Case.read(file)
    expected, program = case.expectation, case.program
    findings = analyse_sources(program.files).findings
    if expected.what == CLEAN:
        assert [finding for finding in findings if finding.error is not None] == []
        assert not (expected.silent and findings), findings
        return
    place = _required(expected.place)
    at_place = [finding for finding in findings if place.holds(program, finding.path, finding.line)]
    if expected.what == LAZY_LOOP:
        assert "DET107" in [finding.code for finding in at_place], findings
    elif expected.depends:
        assert "DET113" in [finding.code for finding in at_place], findings
    else:
        assert expected.what in [finding.error for finding in at_place], findings


def _required(place: Place | None) -> Place:
    assert place is not None, "the header of a faulty program names a place"
    return place
