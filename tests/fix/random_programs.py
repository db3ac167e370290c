"""Random programs that fail: found by the analyser, mended, executed again, compared with a plain session.

``python -m tests.fix.random_programs --programs 2000 --seed 7 --jobs 2`` takes more of them than the test.
"""

import argparse
import difflib
import sys
import warnings
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

from detachlint.api import analyse_sources, fix_sources
from detachlint.domain.findings import Finding
from detachlint.testing import Outcome, Program
from tests.fix.recorded import run, synchronous
from tests.fuzz.body import random_case
from tests.fuzz.run import expectation

MENDED = "mended"
LEFT = "left for a person"
NOT_FOUND = "not found"
NO_FAULT = "no fault"
NOT_COMPARABLE = "mended, not comparable"
MISSED = "mended, and fails later where the analyser sees nothing"
WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What has become of a program.

    Args:
        kind: one of the words above; only ``WRONG`` must not be.
        detail: what was wrong, or why it was left.
    """

    kind: str
    detail: str = ""
    diff: str = ""


def judge(seed: int, index: int, without: frozenset[str] = frozenset()) -> Verdict:
    """Find, mend, execute and compare one program of the generator's sequence."""
    program = random_case(seed, index, without).program()
    expected = expectation(program)
    if not expected.valid or expected.kind == "clean":
        return Verdict(NO_FAULT)
    outcome = expected.outcome
    done = fix_sources(program.files)
    if not _is_found(outcome, done.fixed) and not _is_found(outcome, analyse_sources(program.files).findings):
        return Verdict(NOT_FOUND)
    after = Program({**program.files, **{path: new for path, (_, new) in done.changed.items()}})
    diff = _diff(program, after)
    left = [f for f in done.report.findings if f.error is not None]
    if left:
        return Verdict(LEFT, "; ".join(sorted({f.unfixed or "no edit" for f in left})), diff)
    mended, plain = run(after), run(synchronous(program))
    if mended.outcome.error is not None:
        if _as_raised(mended.outcome) == plain.outcome.error:
            return Verdict(MENDED, "and ends like the plain one", diff)
        places = {(f.path, f.line) for f in done.report.findings}
        if (mended.outcome.path, mended.outcome.line) in places:
            return Verdict(LEFT, "it may fail, as is said of it", diff)
        if _is_missed(mended.outcome, analyse_sources(program.files).findings, program, after):
            return Verdict(MISSED, str(mended.outcome), diff)
        return Verdict(WRONG, f"{mended.outcome}", diff)
    if plain.outcome.error is not None:
        return Verdict(NOT_COMPARABLE, f"{plain.outcome.error}: {plain.outcome.message}", diff)
    silent = {
        (f.entity.rpartition(".")[2], f.relationship)
        for f in done.report.findings
        if f.code == "DET204" and f.entity is not None
    }
    # What is read in the mended one alone stands behind a guard that asks what is loaded.
    compared = {read[:2] for read in plain.values} - silent
    others = {read for read in mended.values - plain.values if read[:2] in compared}
    if others:
        others -= run(synchronous(program, flushing=False)).values
    if others:
        others -= run(synchronous(program, joining=True)).values
    if others:
        return Verdict(WRONG, f"other values are read: {sorted(others)}", diff)
    return Verdict(MENDED, diff=diff)


def _is_found(outcome: Outcome, findings: Sequence[Finding]) -> bool:
    return any(f.error and (f.path, f.line) == (outcome.path, outcome.line) for f in findings)


def _as_raised(outcome: Outcome) -> str | None:
    """A coroutine lets no ``StopIteration`` out."""
    return "StopIteration" if "raised StopIteration" in outcome.message else outcome.error


def _is_missed(outcome: Outcome, findings: Sequence[Finding], program: Program, after: Program) -> bool:
    """Whether a lazy load fails at a line of which no finding spoke: the first failure had hidden it."""
    if outcome.error not in ("MissingGreenlet", "DetachedInstanceError", "InvalidRequestError"):
        return False
    if outcome.path is None or outcome.line is None:
        return False
    lines = program.files[outcome.path].splitlines()
    spoken = {lines[f.line - 1].strip() for f in findings if f.error and f.path == outcome.path}
    return after.files[outcome.path].splitlines()[outcome.line - 1].strip() not in spoken


def _diff(before: Program, after: Program) -> str:
    return "".join(
        line
        for path, text in before.files.items()
        for line in difflib.unified_diff(
            text.splitlines(True), after.files[path].splitlines(True), path, path, n=1
        )
    )


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.fix.random_programs", description=__doc__)
    parser.add_argument("--programs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--without", default="", help="features to leave out, separated by commas")
    parser.add_argument("--show", action="store_true", help="show what was left, too")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    without = frozenset(filter(None, arguments.without.split(",")))
    indexes = range(arguments.start, arguments.start + arguments.programs)
    counts: Counter[str] = Counter()
    with ProcessPoolExecutor(arguments.jobs) as pool:
        work = partial(_quiet, arguments.seed, without=without)
        for index, verdict in zip(indexes, pool.map(work, indexes, chunksize=10), strict=True):
            counts[verdict.kind] += 1
            if verdict.kind == WRONG or (arguments.show and verdict.kind in (LEFT, NOT_COMPARABLE)):
                print(f"=== {index}: {verdict.kind}: {verdict.detail}\n{verdict.diff}")
    print(", ".join(f"{count} {kind}" for kind, count in counts.most_common()))
    return 1 if counts[WRONG] else 0


def _quiet(seed: int, index: int, without: frozenset[str]) -> Verdict:
    warnings.simplefilter("ignore")
    return judge(seed, index, without)


if __name__ == "__main__":
    sys.exit(main())
