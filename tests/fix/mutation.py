"""Delete the loader options of the booking backend's safe queries one at a time, and have them put back.

``python -m tests.fix.mutation`` prints the table that docs/fixing.md shows.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from detachlint.api import analyse_sources, fix_sources
from tests.corpus.mutants import Mutant, mutants

BACKEND = Path(__file__).parents[2] / "fixtures" / "booking"
QUERIES = "app/core/safe_queries.py"
LOADS = Path(__file__).with_name("loads.py")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a deletion.

    Args:
        found: the codes of the findings that it brings.
        text: the module as fixed, or as mutated where there was nothing to fix.
    """

    mutant: Mutant
    found: tuple[str, ...]
    text: str


@cache
def files() -> dict[str, str]:
    """The application without its old code."""
    return {
        path.relative_to(BACKEND).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((BACKEND / "app").rglob("*.py"))
    }


def all_mutants() -> list[Mutant]:
    """One for each option, and for the last hop of each chain."""
    return mutants(files()[QUERIES])


def outcome(mutant: Mutant) -> Outcome:
    """Check the application without the option, and fix it."""
    mutated = {**files(), QUERIES: mutant.text}
    found = tuple(sorted({f.code for f in analyse_sources(mutated).findings}))
    done = fix_sources(mutated)
    assert set(done.changed) <= {QUERIES}
    return Outcome(mutant, found, done.changed.get(QUERIES, ("", mutant.text))[1])


def loads(texts: list[str]) -> list[dict[str, list[list[str]]]]:
    """What the statements of each text load, as SQLAlchemy understands them."""
    done = subprocess.run(
        [sys.executable, str(LOADS)],
        cwd=BACKEND,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert isinstance(found, list)
    return found


def row(each: Outcome) -> str:
    """The outcome as a row of the table."""
    original, now = loads([files()[QUERIES], each.text])
    what = "".join(each.mutant.code.split()).rstrip(",").replace(",)", ")").replace(",", ", ")
    deleted = f"`{what}`" if each.mutant.kind == "option" else f"the last hop of `{what}`"
    found = ", ".join(each.found) or "nothing reads it"
    other = "something else is loaded" if each.found else "it stays away"
    result = "the same is loaded" if now == original else other
    return f"| {each.mutant.line} | {deleted} | {found} | {result} |"


HEAD = "| line | deleted | found as | after `fix` |\n|--:|---|---|---|"

if __name__ == "__main__":
    print(HEAD)
    for mutant in all_mutants():
        print(row(outcome(mutant)), flush=True)
