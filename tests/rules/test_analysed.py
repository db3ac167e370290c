"""The analyser says of every example what its rule says, and what running it shows."""

import pytest

from detachlint.api import analyse_sources
from detachlint.config import Config
from detachlint.domain.facts import Failure
from detachlint.domain.findings import Finding
from detachlint.rule import Bad, Good
from tests.rules.examples import Example, examples

CLAIMED = (Failure.MISSING_GREENLET, Failure.DETACHED, Failure.INVALID_REQUEST)
"""The errors that a finding may name; an example may end with others."""


def _config(example: Example) -> Config:
    if example.rule.code in ("DET001", "DET002"):
        return Config(strict=True)
    return Config() if example.rule.default else Config(extend_select=(example.rule.code,))


def _findings(example: Example) -> list[Finding]:
    return list(analyse_sources(example.program.files, _config(example)).findings)


@pytest.mark.parametrize("example", examples(Bad), ids=lambda example: example.name)
def test_a_bad_example_is_reported(example: Example) -> None:
    assert isinstance(example.text, Bad)
    error = example.text.error if example.text.error in CLAIMED else None
    found = _findings(example)
    [place] = example.failing
    assert (example.rule.code, *place, error) in [(f.code, f.path, f.line, f.error) for f in found], found


@pytest.mark.parametrize("example", examples(Good), ids=lambda example: example.name)
def test_a_good_example_is_not(example: Example) -> None:
    assert [f for f in _findings(example) if f.code == example.rule.code or f.error is not None] == []
