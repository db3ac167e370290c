"""Random programs that fail: found, mended, executed again, and compared with a plain session."""

import pytest

from tests.fix.random_programs import MENDED, WRONG, judge

SEED, PROGRAMS, CHUNK = 1, 240, 24
WITHOUT = frozenset(
    {"add_detached", "expunge", "identity", "immediateload", "lazy_immediate", "lazy_joined", "lazy_noload",
     "lazy_raise_on_sql", "lazy_subquery", "merge", "noload", "populate_existing", "rollback", "row_of_two",
     "subqueryload", "wildcard"}
)  # fmt: skip
"""What the programs do without: where the analyser is unsure itself, or nothing is there to compare with."""


MENDED_OF_FIRST = 3
"""How many of the first two dozen programs have a fault that is found and mended, at least."""


@pytest.mark.parametrize("start", range(0, PROGRAMS, CHUNK))
def test_programs(start: int) -> None:
    verdicts = {index: judge(SEED, index, WITHOUT) for index in range(start, start + CHUNK)}
    wrong = {index: verdict.detail for index, verdict in verdicts.items() if verdict.kind == WRONG}
    assert wrong == {}
    assert start or sum(verdict.kind == MENDED for verdict in verdicts.values()) >= MENDED_OF_FIRST
