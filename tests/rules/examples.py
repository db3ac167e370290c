"""The examples of the rules as programs, and the line of each that fails."""

import re
from dataclasses import dataclass

from detachlint.rule import Bad, Good, Rule
from detachlint.rules import RULES
from detachlint.testing import Program

_FAILS = re.compile(r"(?:#|\{#) fails(?: #\})?$")


@dataclass(frozen=True, slots=True)
class Example:
    """An example with the rule it belongs to."""

    rule: Rule
    text: Bad | Good
    number: int

    @property
    def name(self) -> str:
        """What pytest calls it."""
        return f"{self.rule.code}-{self.number}-{type(self.text).__name__.lower()}"

    @property
    def program(self) -> Program:
        """What is executed and analysed."""
        return Program.parse(self.text.setup + self.text.code)

    @property
    def failing(self) -> list[tuple[str, int]]:
        """The lines that are marked with ``# fails``, by file and number."""
        return [
            (path, number)
            for path, source in self.program.files.items()
            for number, line in enumerate(source.splitlines(), start=1)
            if _FAILS.search(line)
        ]


def examples(kind: type[Bad] | type[Good]) -> list[Example]:
    """All examples of one kind."""
    return [
        Example(rule, text, number)
        for rule in RULES
        for number, text in enumerate(rule.examples, start=1)
        if isinstance(text, kind)
    ]
