"""Make a program smaller while it keeps what is interesting about it."""

from collections.abc import Callable
from itertools import islice

from tests.fuzz.case import Case


def reduce(case: Case, interesting: Callable[[Case], bool], attempts: int = 1500) -> Case:
    """Take parts away, one after the other, as long as the rest is interesting."""
    changed = True
    while changed and attempts > 0:
        changed = False
        position = 0
        while attempts > 0:
            candidate = next(islice(case.simpler(), position, None), None)
            if candidate is None:
                break
            attempts -= 1
            if interesting(candidate):
                # What now stands at this position has not been tried.
                case, changed = candidate, True
            else:
                position += 1
    return case
