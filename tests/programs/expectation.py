"""The header of a program file: what the program does when it runs."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from detachlint.testing import Program

_EXPECT = re.compile(r'# expect: (?P<what>clean|[\w-]+)(?: at (?P<path>\S+): "(?P<text>.*)")?')
_DEPENDS = "# depends-on: the session"
_SILENT = "# findings: none"
_RAISED_FROM = re.compile(r'# raised-from: (?P<path>\S+): "(?P<text>.*)"')

CLEAN = "clean"
LAZY_LOOP = "lazy-loop"


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a program, named by its text so that an edit above it does not move it."""

    path: str
    text: str

    def holds(self, program: Program, path: str | None, line: int | None) -> bool:
        """Whether ``path`` and ``line`` are this place in the program."""
        if path != self.path or line is None:
            return False
        return program.files[path].splitlines()[line - 1].strip() == self.text


@dataclass(frozen=True, slots=True)
class Expectation:
    """``what`` is an error's name, ``lazy-loop`` or ``clean``; ``raised`` is where the traceback ends.

    ``raised`` differs from ``place`` only where a library hides the frames between the two: pydantic
    keeps the text of what a property raised and forgets its traceback. ``depends``: the program alone does
    not tell whether it fails, as that hangs on which rows are the same; the answer is a warning without an
    error. ``silent``: it loads nothing twice, and no finding is right, neither
    N+1 nor a hint.
    """

    what: str
    place: Place | None
    raised: Place | None
    depends: bool = False
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A program and what it is known to do."""

    program: Program
    expectation: Expectation

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a file of the corpus: header lines, then the program in its text form."""
        first, _, body = file.read_text(encoding="utf-8").partition("\n")
        expect = _EXPECT.fullmatch(first)
        if expect is None:
            raise ValueError(f"{file.name} does not start with an '# expect:' line")
        place = Place(expect["path"], expect["text"]) if expect["path"] else None
        second, _, rest = body.partition("\n")
        if second == _DEPENDS:
            return cls(Program.parse(rest), Expectation(expect["what"], place, place, depends=True))
        if second == _SILENT:
            return cls(Program.parse(rest), Expectation(expect["what"], place, place, silent=True))
        raised_from = _RAISED_FROM.fullmatch(second)
        if raised_from is None:
            return cls(Program.parse(body), Expectation(expect["what"], place, place))
        raised = Place(raised_from["path"], raised_from["text"])
        return cls(Program.parse(rest), Expectation(expect["what"], place, raised))
