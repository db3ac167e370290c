"""Every example does under the real SQLAlchemy what its rule says."""

import pytest
import sqlalchemy

from detachlint.rule import Bad, Good
from detachlint.testing import execute
from tests.rules.examples import Example, examples

SINCE = {"DET205": (2, 1)}
"""Rules whose fault came with a version of SQLAlchemy."""

VERSION = tuple(int(part) for part in sqlalchemy.__version__.split(".")[:2])


def _executed(kind: type[Bad] | type[Good]) -> list[Example]:
    return [
        example
        for example in examples(kind)
        if not example.text.unexecuted and SINCE.get(example.rule.code, VERSION) <= VERSION
    ]


@pytest.mark.parametrize("example", _executed(Bad), ids=lambda example: example.name)
def test_a_bad_example_fails_as_it_says(example: Example) -> None:
    assert isinstance(example.text, Bad)
    [place] = example.failing
    outcome = execute(example.program)
    assert outcome.error == example.text.error, outcome.message
    if outcome.error is not None:
        assert (outcome.path, outcome.line) == place, outcome.message


@pytest.mark.parametrize("example", _executed(Good), ids=lambda example: example.name)
def test_a_good_example_runs_to_its_end(example: Example) -> None:
    assert example.failing == []
    outcome = execute(example.program)
    assert outcome.error is None, f"{outcome.path}:{outcome.line} {outcome.message}"


@pytest.mark.parametrize(
    "example",
    [example for example in _executed(Bad) if example.rule.code == "DET107"],
    ids=lambda example: example.name,
)
def test_a_loop_loads_once_for_each_object(example: Example) -> None:
    loads = [(load.path, load.line) for load in execute(example.program).lazy_loads]
    assert len(loads) > 1
    assert set(loads) == set(example.failing)


def test_few_examples_are_not_executed_and_each_says_why() -> None:
    unexecuted = [e.text.unexecuted for kind in (Bad, Good) for e in examples(kind) if e.text.unexecuted]
    assert all(len(reason.split()) > 3 for reason in unexecuted)
    assert len(unexecuted) <= 2
