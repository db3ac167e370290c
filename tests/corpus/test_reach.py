"""The measure of what is reached counts what it says it counts."""

from __future__ import annotations

from detachlint.discover import Source
from detachlint.frameworks import FRAMEWORKS
from detachlint.interpret.run import interpret
from detachlint.models.build import build
from detachlint.pipeline import parse_all
from tests.corpus.reach import Reach, noted, reach

_PROGRAM = '''
def all_of_it(lines):
    """Nothing of this is left out."""
    for line in lines:
        if line:
            print(line)
    return lines
    print("never")


def some_of_it():
    if 1 > 2:
        print("never")
        print("never")
    raise_it()
    print("never")


def raise_it():
    raise ValueError
'''


def _measured() -> Reach:
    program, _, _ = parse_all([Source("main.py", "main", False, _PROGRAM)], None)
    with noted() as ran:
        interpret(program, build(program), [make({}) for make in FRAMEWORKS])
    return reach(program, ran)


def test_statements_behind_one_that_never_ends_and_in_a_branch_that_is_never_taken_are_not_reached() -> None:
    found = _measured()
    assert [(gap.kind, gap.statements) for gap in found.gaps] == [("in If", 2), ("after ExprStmt", 1)]
    assert (found.run, found.all) == (7, 10)
