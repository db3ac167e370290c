"""Pyramid and cornice: a view answers by the renderer that its configuration names.

Source: "Renderers" and "View Configuration" in Pyramid's documentation.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.source import Site
from detachlint.frameworks.base import Nothing
from detachlint.frameworks.decorators import entries_of, library_of
from detachlint.frameworks.jinja import JinjaTemplates
from detachlint.frameworks.responses import Responses
from detachlint.frameworks.syntax import called_name
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.framework import Entry
from detachlint.interpret.machine import Machine
from detachlint.interpret.objects.attribute import call_method
from detachlint.interpret.values import Const, Tuple, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import FunctionInfo

_VIEWS = frozenset(
    {"view_config", "notfound_view_config", "forbidden_view_config", "exception_view_config"}
    | {"view", "get", "post", "put", "patch", "delete"}
)
_ROOTS = frozenset({"pyramid", "cornice"})
_JSON = frozenset({"json", "jsonp"})
_DEPTH = 4


class Pyramid(Nothing):
    """Implements the Framework protocol."""

    def __init__(self) -> None:
        self._views = Responses(_ROOTS, _VIEWS)

    def entries(self, machine: Machine) -> Iterator[Entry]:
        for _, entry in entries_of(machine, dict.fromkeys(_ROOTS, _VIEWS)):
            yield entry

    def responded(self, frame: Frame, info: FunctionInfo, value: Value) -> Value | None:
        """A view has returned: each of its configurations renders that for another route."""
        known = self._views.of(frame, info)
        default = _default_renderer(frame, info)
        renderers = dict.fromkeys((view.arguments.get("renderer") or default, view.site) for view in known)
        for renderer, site in renderers:
            if not isinstance(renderer, Const) or not isinstance(renderer.value, str):
                continue
            if renderer.value in _JSON:
                _write_json(frame, value, site)
                continue
            for framework in frame.machine.frameworks:
                if isinstance(framework, JinjaTemplates):
                    framework.render_asset(frame, renderer.value, value, site)
        return frame.unknown("response") if known else None


def _default_renderer(frame: Frame, info: FunctionInfo) -> Const | None:
    """What ``@view_defaults(renderer=...)`` says for all views of a class."""
    for node in info.owner.node.decorators if info.owner is not None else ():
        if not isinstance(node, ir.Call) or called_name(node) != "view_defaults":
            continue
        if library_of(frame.machine.program, info.module, node.func) not in _ROOTS:
            continue
        for arg in node.args:
            if arg.keyword == "renderer" and isinstance(arg.value, ir.Const):
                return Const(arg.value.value)
    return None


def _write_json(frame: Frame, value: Value, site: Site, depth: int = 0) -> None:
    """The JSON renderer asks objects for their ``__json__(request)``."""
    value = frame.split(value)
    sequence, mapping = frame.sequence(value), frame.dictionary(value)
    parts: list[Value] = []
    if sequence is not None:
        parts = [*sequence.items, *([sequence.rest] if sequence.rest is not None else [])]
    elif mapping is not None:
        parts = [part for _, part in mapping.entries] + (
            [mapping.rest[1]] if mapping.rest is not None else []
        )
    elif isinstance(value, Tuple):
        parts = list(value.items)
    elif frame.entity(value) is not None or frame.instance(value) is not None:
        written = call_method(frame, value, "__json__", Arguments((frame.unknown("request"),)), site)
        parts = [written] if written is not None else []
    for part in parts if depth < _DEPTH else ():
        _write_json(frame, part, site, depth + 1)
