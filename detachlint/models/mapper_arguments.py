"""``__mapper_args__``."""

from __future__ import annotations

from dataclasses import dataclass, field

from detachlint.models.scope import Scope, Value, is_none, last_return
from detachlint.parse import ir


@dataclass(frozen=True, slots=True)
class MapperArguments:
    """The arguments of the mapper that matter to loading."""

    eager_defaults: bool | None = None
    polymorphic_load: str | None = None
    with_polymorphic: bool = False
    concrete: bool = False
    primary_key: tuple[Value, ...] = field(default=())


def read_mapper_arguments(scope: Scope, member: ir.Stmt | None) -> MapperArguments:
    """From the dictionary, or from the function that returns it."""
    node: ir.Expr | None = None
    if isinstance(member, ir.FunctionDef):
        node = last_return(member)
    elif isinstance(member, (ir.Assign, ir.AnnAssign)):
        node = member.value
    return mapper_arguments(scope.items(node)) if node is not None else MapperArguments()


def mapper_arguments(items: dict[str, Value]) -> MapperArguments:
    eager = items["eager_defaults"].constant() if "eager_defaults" in items else None
    load = items["polymorphic_load"].text() if "polymorphic_load" in items else None
    with_polymorphic = items.get("with_polymorphic")
    concrete = items.get("concrete")
    primary_key = items.get("primary_key")
    return MapperArguments(
        eager_defaults=eager if isinstance(eager, bool) else None,
        polymorphic_load=load,
        with_polymorphic=with_polymorphic is not None and not is_none(with_polymorphic.node),
        concrete=concrete is not None and concrete.constant() is True,
        primary_key=tuple(primary_key.list()) if primary_key is not None else (),
    )
