"""The program that is edited, as it was analysed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from detachlint.domain.models import ModelGraph
from detachlint.domain.source import Site
from detachlint.fix.source.document import CannotFixError, Document
from detachlint.resolve.program import Program

_LEAST, _MOST = 88, 120
_TEXT = re.compile(r'("""|\'\'\').*?\1', re.DOTALL)
_BROKEN = re.compile(r"[^\"'#]*[(\[{,][^\"'#]*")


@dataclass(slots=True)
class Project:
    """Texts by path, with what the analysis made of them.

    Args:
        documents: files that have been parsed for other states of the program; grows.
    """

    texts: Mapping[str, str]
    program: Program
    graph: ModelGraph
    documents: dict[tuple[str, str], Document] = field(default_factory=dict)
    _width: int = 0

    @property
    def width(self) -> int:
        """How long the lines of the program's code may be, to judge by the longest of those that a formatter
        breaks, which have brackets or commas: strings and comments may be longer.
        """
        if not self._width:
            lines = (line for text in self.texts.values() for line in _TEXT.sub("", text).splitlines())
            lengths = sorted(len(line) for line in lines if _BROKEN.fullmatch(line))
            longest = lengths[int(len(lengths) * 0.998)] if lengths else 0
            self._width = min(_MOST, max(_LEAST, longest))
        return self._width

    def document(self, path: str) -> Document:
        """The file at ``path``, parsed once.

        Raises:
            CannotFixError: it is no Python file of the program.
        """
        key = path, self.texts.get(path, "")
        if key not in self.documents:
            if path not in self.program.by_path:
                raise CannotFixError("it would have to be written in a file that is not Python")
            self.documents[key] = Document(path, self.texts[path], self.width)
        return self.documents[key]

    def at(self, site: Site) -> Document:
        return self.document(site.path)
