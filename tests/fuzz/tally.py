"""Count the programs of a run: how they ended, and what was in them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.fuzz.case import Case
from tests.fuzz.run import KINDS, Expectation


@dataclass(slots=True)
class Tally:
    """How programs ended, in all and for each feature."""

    kinds: Counter[str] = field(default_factory=Counter)
    invalid: Counter[str] = field(default_factory=Counter)
    features: dict[str, Counter[str]] = field(default_factory=dict)

    def count(self, case: Case, expected: Expectation) -> None:
        """Add a program."""
        self.kinds[expected.kind] += 1
        if not expected.valid:
            self.invalid[expected.outcome.error or ""] += 1
        for feature in case.features:
            self.features.setdefault(feature, Counter())[expected.kind] += 1

    def add(self, other: "Tally") -> None:
        """Add the programs of another tally."""
        self.kinds += other.kinds
        self.invalid += other.invalid
        for feature, kinds in other.features.items():
            self.features.setdefault(feature, Counter()).update(kinds)

    def table(self) -> Iterator[str]:
        """The lines of a table of outcomes and features."""
        width = max((len(feature) for feature in self.features), default=0)
        columns = [kind.replace("InvalidRequestError ", "") for kind in KINDS]
        yield " ".join([" " * width, "   all", *(f"{column:>21}" for column in columns)])
        yield _row("all programs".ljust(width), self.kinds)
        for feature, kinds in sorted(self.features.items()):
            yield _row(feature.ljust(width), kinds)
        if self.invalid:
            yield "invalid: " + ", ".join(f"{error} {count}" for error, count in self.invalid.most_common())


def _row(title: str, kinds: Counter[str]) -> str:
    total = kinds.total()
    cells = (f"{kinds[kind]:>14} {kinds[kind] / total:>5.1%}".rjust(21) for kind in KINDS)
    return " ".join([title, f"{total:>6}", *cells])
