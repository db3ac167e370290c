"""From sites to spans, for the files that somebody asks about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from detachlint.domain.source import Site, Span
from detachlint.parse.positions import Positions, PositionTable, position_table

_MAX_CHAIN = 80

Locate = Callable[[Sequence[str]], Sequence[PositionTable]]


class Places:
    """Spans of the sites of a program.

    Args:
        texts: path -> text of Python files.
        templates: path -> text of templates, whose sites are line numbers.
        known: what has been looked up for other runs, by path and text; grows.
        locate: texts -> their position tables.
    """

    def __init__(
        self,
        texts: Mapping[str, str],
        templates: Mapping[str, str],
        known: dict[tuple[str, str], Positions] | None = None,
        locate: Locate | None = None,
    ) -> None:
        self._texts = texts
        self._templates = templates
        self._positions = known if known is not None else {}
        self._locate = locate or (lambda texts: [position_table(text) for text in texts])

    def prepare(self, paths: Iterable[str]) -> None:
        """Look up the files that are going to be asked about, all at once."""
        wanted = {path: self._texts[path] for path in sorted(set(paths)) if path in self._texts}
        new = [key for key in wanted.items() if key not in self._positions]
        for (path, text), table in zip(new, self._locate([text for _, text in new]), strict=True):
            self._positions[path, text] = Positions(path, text, table)

    def span(self, site: Site) -> Span:
        if site.path in self._templates:
            return self._line(site)
        positions = self._of(site.path)
        return positions.read_span(site.node) if positions is not None else Span(site.path, 1, 1, 1, 1)

    def chain(self, site: Site) -> str | None:
        """The whole read that the attribute is part of, as written: ``booking.user.name``."""
        positions = self._of(site.path) if site.path not in self._templates else None
        if positions is None:
            return None
        text = positions.chain(site.node)
        return text if text is not None and len(text) <= _MAX_CHAIN else None

    def _of(self, path: str) -> Positions | None:
        text = self._texts.get(path)
        if text is None:
            return None
        if (path, text) not in self._positions:
            self.prepare([path])
        return self._positions[path, text]

    def _line(self, site: Site) -> Span:
        lines = self._templates[site.path].splitlines()
        text = lines[site.node - 1] if 0 < site.node <= len(lines) else ""
        start = len(text) - len(text.lstrip()) + 1
        return Span(site.path, site.node, start, site.node, max(start + 1, len(text.rstrip()) + 1))
