"""The relationship graph for Graphviz."""

from __future__ import annotations

import json
from collections.abc import Iterator

from detachlint.domain.models import Lazy, ModelGraph
from detachlint.report.graph_edges import edges
from detachlint.report.graph_names import short_names

_RAISING = frozenset({Lazy.RAISE, Lazy.RAISE_ON_SQL})


def render_dot(graph: ModelGraph) -> Iterator[str]:
    """The lines of the graph: eager relationships are bold, those that raise are red."""
    yield "digraph models {"
    yield "  rankdir=LR;"
    yield '  node [shape=box, fontname="sans-serif"];'
    yield '  edge [fontname="sans-serif", fontsize=10];'
    for qualname, name in short_names(graph).items():
        table = graph.entities[qualname].table
        label = name if table is None else f"{name}\n{table}"
        yield f"  {json.dumps(qualname)} [label={json.dumps(label, ensure_ascii=False)}];"
    for edge in edges(graph):
        lazy = edge.relationship.lazy
        style = ", style=bold" if lazy.is_eager else ", color=red" if lazy in _RAISING else ""
        both = "" if edge.back is None else ", dir=both"
        label = json.dumps(f"{edge.label}\n{lazy.value}", ensure_ascii=False)
        yield f"  {json.dumps(edge.source)} -> {json.dumps(edge.target)} [label={label}{both}{style}];"
    for qualname in short_names(graph):
        parent = graph.entities[qualname].parent
        if parent in graph.entities:
            yield f"  {json.dumps(qualname)} -> {json.dumps(parent)} [arrowhead=empty, style=dashed];"
    yield "}"
