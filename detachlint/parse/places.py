"""From sites to spans, parsing again only the files that somebody asks about."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from detachlint.domain.source import Site, Span
from detachlint.parse.positions import Positions

_MAX_CHAIN = 80


class Places:
    """Spans of the sites of a program.

    Args:
        texts: path -> text of Python files.
        templates: path -> text of templates, whose sites are line numbers.
        known: what has been parsed for other runs, by path and text; grows.
    """

    def __init__(
        self,
        texts: Mapping[str, str],
        templates: Mapping[str, str],
        known: dict[tuple[str, str], Positions] | None = None,
    ) -> None:
        self._texts = texts
        self._templates = templates
        self._positions = known if known is not None else {}

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
        node = positions.node(site.node)
        if not isinstance(node, cst.Attribute):
            return None
        text = "".join(cst.Module([]).code_for_node(positions.whole_read(node)).split())
        return text if len(text) <= _MAX_CHAIN else None

    def _of(self, path: str) -> Positions | None:
        text = self._texts.get(path)
        if text is None:
            return None
        if (path, text) not in self._positions:
            self._positions[path, text] = Positions(path, text)
        return self._positions[path, text]

    def _line(self, site: Site) -> Span:
        lines = self._templates[site.path].splitlines()
        text = lines[site.node - 1] if 0 < site.node <= len(lines) else ""
        start = len(text) - len(text.lstrip()) + 1
        return Span(site.path, site.node, start, site.node, max(start + 1, len(text.rstrip()) + 1))
