"""A program: some files, with ``main()`` in ``main.py``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

ENTRY_FILE = "main.py"

_FILE_HEADER = re.compile(r"^# file: *(?P<path>\S+) *\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Program:
    """Files by their path. ``main.py`` defines ``main()``, a function or a coroutine function."""

    files: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form: a line ``# file: app/models.py`` starts a file.

        Text without such a line is ``main.py``. Nothing but blank lines may stand before the first one.
        The header lines belong to no file, so the line numbers of each file start at 1 after its header.
        """
        headers = list(_FILE_HEADER.finditer(text))
        if not headers:
            return cls({ENTRY_FILE: text})
        if text[: headers[0].start()].strip():
            raise ValueError("a program with '# file:' lines must start with one")
        files: dict[str, str] = {}
        for header, following in zip(headers, [*headers[1:], None], strict=True):
            path = header["path"]
            if path in files:
                raise ValueError(f"the program has two files named {path}")
            files[path] = text[header.end() : following.start() if following else len(text)]
        return cls(files)

    def text(self) -> str:
        """Write the text form, which :meth:`parse` reads back."""
        if list(self.files) == [ENTRY_FILE] and not _FILE_HEADER.search(self.files[ENTRY_FILE]):
            return self.files[ENTRY_FILE]
        return "".join(f"# file: {path}\n{_ended(source)}" for path, source in self.files.items())


def _ended(source: str) -> str:
    return source if not source or source.endswith("\n") else source + "\n"
