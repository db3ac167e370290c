"""Deleted loader options are found and put back, and docs/fixing.md says what became of each."""

from pathlib import Path

import pytest

from tests.corpus.mutants import Mutant
from tests.fix.mutation import HEAD, all_mutants, outcome, row

PAGE = Path(__file__).parents[2] / "docs" / "fixing.md"
UNREAD = 23
"""The line of the one option that nothing in the application reads."""


@pytest.mark.parametrize("mutant", all_mutants(), ids=lambda mutant: f"{mutant.line}-{mutant.kind}")
def test_an_option_is_found_and_put_back(mutant: Mutant) -> None:
    done = outcome(mutant)
    line = row(done)
    assert line in PAGE.read_text(encoding="utf-8").splitlines()
    assert bool(done.found) == (mutant.line != UNREAD)
    assert line.endswith("| the same is loaded |") == bool(done.found)


def test_the_page_shows_all_of_them() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert HEAD in text
    rows = [
        line for line in text.splitlines() if line.endswith(("| the same is loaded |", "| it stays away |"))
    ]
    assert len(rows) == len(all_mutants())
