"""The relationship graph as a Mermaid entity relationship diagram."""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.models import Direction, ModelGraph
from detachlint.report.graph_edges import Edge, edges
from detachlint.report.graph_names import short_names


def render_mermaid(graph: ModelGraph) -> Iterator[str]:
    """The lines of the diagram."""
    names = short_names(graph)
    ids = {qualname: name.replace(".", "_") for qualname, name in names.items()}
    yield "erDiagram"
    for qualname, name in names.items():
        yield f'    {ids[qualname]}["{name}"]'
    for edge in edges(graph):
        yield f'    {ids[edge.source]} {_arrow(edge)} {ids[edge.target]} : "{edge.label}"'
    for qualname in names:
        parent = graph.entities[qualname].parent
        if parent in ids:
            yield f'    {ids[parent]} ||..o| {ids[qualname]} : "is a"'


def _arrow(edge: Edge) -> str:
    relationship = edge.relationship
    many_right = relationship.uselist
    if edge.back is not None:
        many_left = edge.back.uselist
    else:
        many_left = relationship.direction is not Direction.ONE_TO_MANY
    return ("}o" if many_left else "|o") + "--" + ("o{" if many_right else "o|")
