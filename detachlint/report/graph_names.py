"""Short names of entities: the class name, and more of the dotted name where two classes share one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from detachlint.domain.models import ModelGraph


def short_names(graph: ModelGraph) -> Mapping[str, str]:
    """Qualified name -> the name to show, in the order to show the entities in."""
    times = Counter(entity.name for entity in graph.entities.values())
    names = {
        qualname: entity.name if times[entity.name] == 1 else qualname
        for qualname, entity in graph.entities.items()
    }
    return dict(sorted(names.items(), key=lambda item: (item[1], item[0])))
