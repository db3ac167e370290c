"""2,000 random programs: the analyser says what SQLAlchemy does, but for the few that are listed as open."""

import pytest

from tests.fuzz.body import random_case
from tests.fuzz.compare import Disagreement, compare
from tests.fuzz.open import FEATURES, PROGRAMS, SEED

CHUNK = 50


@pytest.mark.parametrize("start", range(0, 2000, CHUNK))
def test_programs(start: int) -> None:
    found: list[tuple[int, Disagreement]] = []
    invalid = 0
    agreed: list[int] = []
    for index in range(start, start + CHUNK):
        verdict = compare(random_case(SEED, index, FEATURES))
        invalid += not verdict.expected.valid
        if verdict.disagreement is None:
            agreed.append(index)
        elif index not in PROGRAMS:
            found.append((index, verdict.disagreement))
    without = ",".join(sorted(FEATURES))
    told = [
        f"python -m tests.fuzz --seed {SEED} --start {i} --programs 1 --without {without}  # {d.kind}"
        for i, d in found
    ]
    assert not found, "\n".join(["SQLAlchemy and the analyser differ; see", *told])
    mended = PROGRAMS.intersection(agreed)
    assert not mended, f"no longer open, take them out of tests/fuzz/open.py: {sorted(mended)}"
    assert invalid <= CHUNK // 5
