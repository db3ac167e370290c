"""The generator makes programs that run, and makes them again from their number."""

import ast
from functools import cache

import pytest

from tests.fuzz.body import random_case
from tests.fuzz.extras import EXTRAS
from tests.fuzz.run import expectation
from tests.fuzz.tally import Tally


@cache
def _sample() -> Tally:
    tally = Tally()
    for index in range(150):
        case = random_case(20, index)
        tally.count(case, expectation(case.program()))
    return tally


def test_a_number_stands_for_one_program() -> None:
    assert random_case(5, 3).program().text() == random_case(5, 3).program().text()
    assert random_case(5, 3).program().text() != random_case(5, 4).program().text()
    assert random_case(6, 3).program().text() != random_case(5, 3).program().text()


def test_every_file_is_python() -> None:
    for index in range(200):
        for source in random_case(7, index).program().files.values():
            ast.parse(source)


def test_few_programs_are_invalid() -> None:
    assert _sample().kinds["invalid"] <= 0.05 * _sample().kinds.total()


def test_many_programs_are_clean_and_many_are_not() -> None:
    assert 0.35 <= _sample().kinds["clean"] / _sample().kinds.total() <= 0.65


@pytest.mark.parametrize("kind", ["MissingGreenlet", "DetachedInstanceError", "InvalidRequestError raise"])
def test_every_error_occurs(kind: str) -> None:
    assert _sample().kinds[kind] >= 3


def test_a_feature_can_be_left_out() -> None:
    without = frozenset({"merge", "identity"})
    for index in range(200):
        case = random_case(1, index, without)
        assert not case.features & without
        assert ".merge(" not in case.program().text()


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_changes_only_programs_that_have_it(extra: str) -> None:
    without = frozenset(EXTRAS)
    plain = [random_case(1, index, without) for index in range(150)]
    given = [random_case(1, index, without - {extra}, frozenset({extra})) for index in range(150)]
    changed = [a.program().text() != b.program().text() for a, b in zip(plain, given, strict=True)]
    assert any(changed)
    default = [random_case(1, index) for index in range(150)]
    assert any(a.program().text() == b.program().text() for a, b in zip(plain, default, strict=True))
    assert any(a.program().text() != b.program().text() for a, b in zip(plain, default, strict=True))
