"""2,000 random programs: the analyser says what SQLAlchemy does."""

import pytest

from tests.fuzz.body import random_case
from tests.fuzz.compare import Disagreement, compare

SEED = 1
CHUNK = 50


@pytest.mark.parametrize("start", range(0, 2000, CHUNK))
def test_programs(start: int) -> None:
    found: list[tuple[int, Disagreement]] = []
    invalid = 0
    for index in range(start, start + CHUNK):
        verdict = compare(random_case(SEED, index))
        invalid += not verdict.expected.valid
        if verdict.disagreement is not None:
            found.append((index, verdict.disagreement))
    told = [f"python -m tests.fuzz --seed {SEED} --start {i} --programs 1  # {d.kind}" for i, d in found]
    assert not found, "\n".join(["SQLAlchemy and the analyser differ; see", *told])
    assert invalid <= CHUNK // 5
