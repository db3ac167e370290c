"""``python -m tests.fuzz``: run random programs, and show where the analyser and SQLAlchemy differ."""

import argparse
import sys
import warnings
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.fuzz.body import random_case
from tests.fuzz.case import Case
from tests.fuzz.compare import Disagreement, compare
from tests.fuzz.reduce import reduce
from tests.fuzz.run import expectation
from tests.fuzz.tally import Tally

_CHUNK = 25

Chunk = tuple[Tally, list[tuple[int, Disagreement]]]


def run_chunk(
    indexes: range, seed: int, without: frozenset[str], always: frozenset[str], only_execute: bool
) -> Chunk:
    """Run some programs of the sequence."""
    warnings.simplefilter("ignore")
    tally = Tally()
    found: list[tuple[int, Disagreement]] = []
    for index in indexes:
        case = random_case(seed, index, without, always)
        if only_execute:
            tally.count(case, expectation(case.program()))
            continue
        verdict = compare(case)
        tally.count(case, verdict.expected)
        if verdict.disagreement is not None:
            found.append((index, verdict.disagreement))
    return tally, found


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--programs", type=int, default=500, help="how many programs to run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=int, default=0, help="the number of the first program")
    parser.add_argument("--jobs", type=int, default=1, help="processes to run them in")
    parser.add_argument("--stats", action="store_true", help="only execute, and count outcomes and features")
    parser.add_argument("--print", type=int, metavar="INDEX", help="print one program and what it does")
    parser.add_argument("--without", default="", help="features to leave out, separated by commas")
    parser.add_argument("--always", default="", help="extras that each program has, separated by commas")
    parser.add_argument("--show", type=int, default=10, help="how many disagreements to reduce and print")
    arguments = parser.parse_args()
    without = frozenset(filter(None, arguments.without.split(",")))
    always = frozenset(filter(None, arguments.always.split(",")))
    if arguments.print is not None:
        _print_program(random_case(arguments.seed, arguments.print, without, always))
        return 0

    work = partial(
        run_chunk, seed=arguments.seed, without=without, always=always, only_execute=arguments.stats
    )
    stop = arguments.start + arguments.programs
    chunks = [range(i, min(i + _CHUNK, stop)) for i in range(arguments.start, stop, _CHUNK)]
    tally, found = Tally(), list[tuple[int, Disagreement]]()
    for part, disagreements in _mapped(work, chunks, arguments.jobs):
        tally.add(part)
        found += disagreements
    for index, disagreement in found[: arguments.show]:
        _print_disagreement(
            arguments.seed, index, random_case(arguments.seed, index, without, always), disagreement
        )
    if arguments.stats:
        print("\n".join(tally.table()))
    kinds = ", ".join(f"{count} {kind}" for kind, count in tally.kinds.most_common())
    print(f"{tally.kinds.total()} programs ({kinds}): {len(found)} disagreements")
    return 1 if found else 0


def _mapped(work: "partial[Chunk]", chunks: list[range], jobs: int) -> Iterable[Chunk]:
    if jobs == 1:
        yield from map(work, chunks)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(work, chunks)


def _print_disagreement(seed: int, index: int, whole: Case, found: Disagreement) -> None:
    def interesting(case: Case) -> bool:
        other = compare(case).disagreement
        return other is not None and other.subject == found.subject

    case = reduce(whole, interesting)
    reduced = compare(case).disagreement or found
    print(f"=== program {index} of seed {seed}: {reduced.kind} {reduced.detail}")
    _print_program(case)
    for finding in reduced.findings:
        print(f"    analysed: {finding.code} {finding.error} at {finding.path}:{finding.line}")
    if not reduced.findings:
        print("    analysed: nothing")
    print(flush=True)


def _print_program(case: Case) -> None:
    program = case.program()
    print(program.text(), end="")
    outcome = expectation(program).outcome
    if outcome.error is None:
        print("    executed: no error")
    else:
        reason = outcome.message.splitlines()[:1]
        print(f"    executed: {outcome.error} at {outcome.path}:{outcome.line}:", *reason)


if __name__ == "__main__":
    sys.exit(main())
