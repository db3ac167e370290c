"""Mend a program that is text, and run what comes out."""

from dataclasses import dataclass

from detachlint.api import fix_sources
from detachlint.rules import studio
from detachlint.testing import Outcome, Program, execute

BEGIN, END = "# the code begins\n", "# the code ends\n"


@dataclass(frozen=True)
class Edit:
    """Code before and after it was mended.

    Args:
        calls: lines of ``main()`` that run it.
        setup: what stands before it in the file; untouched.
        session: whether ``main()`` opens a session for it.
    """

    name: str
    before: str
    after: str
    calls: str
    setup: str = studio.ASYNC
    session: bool = True

    def program(self, code: str) -> Program:
        """The whole of it as one file."""
        if self.setup.startswith(studio.SYNC_DATABASE):
            main = studio.sync_session(self.calls)
        else:
            main = (studio.async_session if self.session else studio.async_main)(self.calls)
        return Program({"main.py": f"{self.setup}{BEGIN}{code}{END}\n\n{main}"})


@dataclass(frozen=True)
class Mended:
    """What has become of the code, what stands around it, and what running it shows."""

    code: str
    around: str
    outcome: Outcome


def mend(edit: Edit, *, unsafe: bool = False) -> Mended:
    """Fix the program and run it."""
    program = edit.program(edit.before)
    done = fix_sources(program.files, unsafe=unsafe)
    text = done.changed["main.py"][1] if done.changed else program.files["main.py"]
    head, _, rest = text.partition(BEGIN)
    code, _, tail = rest.partition(END)
    return Mended(code, head + tail, execute(Program({"main.py": text})))
