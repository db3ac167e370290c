"""What the rows of a statement bring along, as it is joined: loaded by ``contains_eager`` and no second join.

Only a join along a many-to-one is taken. It brings the one object whatever else the statement filters, while
a filter or a limit could leave a collection in part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import libcst as cst

from detachlint.domain.models import Direction, ModelGraph, Relationship
from detachlint.fix.options.existing_options import Link, read_option
from detachlint.fix.options.load_tree import Load
from detachlint.fix.source.calls import callee, chain, keyword
from detachlint.fix.source.document import Document
from detachlint.fix.source.names import meaning
from detachlint.fix.source.project import Project
from detachlint.resolve.symbols import ClassInfo

_JOINS = frozenset({"join", "outerjoin"})
_NO_ROOM = frozenset(
    {"group_by", "union", "union_all", "intersect", "except_", "subquery", "cte", "scalar_subquery", "exists",
     "with_only_columns", "with_entities", "from_statement", "from_self", "alias", "select_from"}
)  # fmt: skip
"""Methods after which the columns of a joined class have no place among what is selected, or it is not clear
what a join begins with.
"""


@dataclass(frozen=True, slots=True)
class Join:
    """A join along a relationship, with no condition of its own.

    Args:
        owner: the class whose relationship it is, or "" where that is an alias.
        alias: the variable that holds the alias, or "".
        target: the class that is joined, where it is named.
    """

    owner: str
    alias: str
    attribute: str
    target: str = ""

    def brings(self, load: Load, graph: ModelGraph) -> bool:
        """Whether its rows hold what ``load`` is to load."""
        entity = graph.entities.get(load.entity)
        relationship = entity.attributes.get(load.attribute) if entity is not None else None
        return (
            isinstance(relationship, Relationship)
            and relationship.direction is Direction.MANY_TO_ONE
            and self.attribute == load.attribute
            and self.alias == load.alias
            and (not self.owner or graph.is_a(load.entity, self.owner) or graph.is_a(self.owner, load.entity))
            and self.target in ("", relationship.target)
        )


def joins_of(project: Project, document: Document, root: cst.BaseExpression) -> tuple[Join, ...]:
    """The joins of a statement that is written in one expression.

    Args:
        root: the ``select(...)`` or the legacy query.
    """
    methods = list(chain(document, root))
    if any(callee(call) in _NO_ROOM for call in methods):
        return ()
    found = (_join(project, document, call) for call in methods if callee(call) in _JOINS)
    return tuple(join for join in found if join is not None)


def _join(project: Project, document: Document, call: cst.Call) -> Join | None:
    """``join(A.b)``, ``join(B, A.b)``, ``join(A.b, isouter=True)``."""
    outer = keyword(call, "isouter")
    arguments = [arg for arg in call.args if arg is not outer]
    if any(arg.keyword is not None or arg.star for arg in arguments) or len(arguments) not in (1, 2):
        return None
    along = arguments[-1].value
    if not isinstance(along, cst.Attribute):
        return None
    target = ""
    if len(arguments) == 2:
        joined = meaning(project, document, arguments[0].value)
        if not isinstance(joined, ClassInfo):
            return None
        target = joined.qualname
    owner = meaning(project, document, along.value)
    if isinstance(owner, ClassInfo):
        return Join(owner.qualname, "", along.attr.value, target)
    if isinstance(along.value, cst.Name):
        return Join("", along.value.value, along.attr.value, target)
    return None


def take_from_joins(
    loads: Iterable[Load], joins: Sequence[Join], standing: Sequence[cst.BaseExpression], graph: ModelGraph
) -> None:
    """Let what the joins bring be loaded from them.

    Args:
        standing: the options that the statement has already.
    """
    if joins:
        options = [option.links for each in standing if (option := read_option(each)) is not None]
        _take(loads, joins, options, graph)


def _take(
    loads: Iterable[Load], joins: Sequence[Join], standing: Sequence[tuple[Link, ...]], graph: ModelGraph
) -> None:
    for load in loads:
        further = [links[1:] for links in standing if links and _continues(links[0], load)]
        if load.loader == "joinedload" and any(join.brings(load, graph) for join in joins):
            load.loader = "contains_eager"
        if load.loader == "contains_eager" or further:
            _take(load.below.values(), joins, further, graph)


def _continues(link: Link, load: Load) -> bool:
    """Whether an option that stands there takes from a join what is only on the way."""
    is_way = link.attribute == load.attribute and load.loader == "defaultload"
    return is_way and link.loader == "contains_eager"
