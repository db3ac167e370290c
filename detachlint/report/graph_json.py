"""The relationship graph as JSON."""

from __future__ import annotations

import json

from detachlint.domain.models import Attribute, Column, Entity, ModelGraph, Relationship
from detachlint.report.graph_names import short_names


def render_graph_json(graph: ModelGraph) -> str:
    """One JSON object, the same for the same graph."""
    return json.dumps(
        {
            "entities": [_entity(graph.entities[qualname]) for qualname in short_names(graph)],
            "errors": [
                {"path": one.path, "line": one.line, "message": one.message, "fatal": one.fatal}
                for one in graph.problems
            ],
        },
        indent=2,
        ensure_ascii=False,
    )


def _entity(entity: Entity) -> dict[str, object]:
    attributes = entity.attributes.values()
    return {
        "name": entity.name,
        "qualname": entity.qualname,
        "path": entity.site.path,
        "table": entity.table,
        "parent": entity.parent,
        "inheritance": entity.inheritance,
        "columns": [_column(one) for one in attributes if isinstance(one, Column)],
        "relationships": [_relationship(one) for one in attributes if isinstance(one, Relationship)],
        "other": [_other(one) for one in attributes if not isinstance(one, Column | Relationship)],
    }


def _column(column: Column) -> dict[str, object]:
    return {
        "name": column.name,
        "column": column.column,
        "primary_key": column.primary_key,
        "nullable": column.nullable,
        "foreign_keys": list(column.foreign_keys),
        "deferred": column.deferred,
    }


def _relationship(relationship: Relationship) -> dict[str, object]:
    return {
        "name": relationship.name,
        "owner": relationship.owner,
        "target": relationship.target,
        "target_name": relationship.target_name,
        "direction": relationship.direction.value,
        "uselist": relationship.uselist,
        "lazy": relationship.lazy.value,
        "reverse": relationship.reverse,
        "secondary": relationship.secondary,
        "cascade": sorted(relationship.cascade),
        "viewonly": relationship.viewonly,
    }


def _other(attribute: Attribute) -> dict[str, object]:
    return {"name": attribute.name, "kind": type(attribute).__name__}
