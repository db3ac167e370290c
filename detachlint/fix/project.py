"""The program that is edited, as it was analysed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from detachlint.domain.models import ModelGraph
from detachlint.domain.source import Site
from detachlint.fix.document import CannotFixError, Document
from detachlint.resolve.program import Program


@dataclass(slots=True)
class Project:
    """Texts by path, with what the analysis made of them."""

    texts: Mapping[str, str]
    program: Program
    graph: ModelGraph
    _documents: dict[str, Document] = field(default_factory=dict)

    def document(self, path: str) -> Document:
        """The file at ``path``, parsed once.

        Raises:
            CannotFixError: it is no Python file of the program.
        """
        if path not in self._documents:
            if path not in self.program.by_path:
                raise CannotFixError("it would have to be written in a file that is not Python")
            self._documents[path] = Document(path, self.texts[path])
        return self._documents[path]

    def at(self, site: Site) -> Document:
        return self.document(site.path)
