"""Which mapped class a name means: a class, a string for the registry, a lambda, an alias."""

from __future__ import annotations

from collections.abc import Iterable

from detachlint.models.drafts import Draft
from detachlint.models.scope import Value, dotted_name, parse_expression
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo


class ClassNames:
    """The mapped classes by name."""

    def __init__(self, drafts: Iterable[Draft]) -> None:
        self._by_qualname: dict[str, Draft] = {}
        self._by_name: dict[str, list[Draft]] = {}
        for draft in drafts:
            self._by_qualname[draft.qualname] = draft
            self._by_name.setdefault(draft.mapped.info.name, []).append(draft)

    def all(self) -> Iterable[Draft]:
        return self._by_qualname.values()

    def resolve(self, value: Value, near: Draft) -> Draft | None:
        """The class that an expression or a string means in the mapping of ``near``."""
        settled = value.settle()
        node, scope = settled.node, settled.scope
        match node:
            case ir.Const(value=str(text)):
                parsed = parse_expression(text)
                return self._registered(parsed, near) if parsed is not None else None
            case ir.Lambda(body=body):
                return self.resolve(Value(body, scope), near)
            case ir.Call(args=(first, *_)) if scope.leaf(node.func) in ("aliased", "with_polymorphic"):
                return self.resolve(Value(first.value, scope), near)
            case ir.Name() | ir.Attribute() | ir.Subscript():
                symbol = scope.symbol(node)
                if isinstance(symbol, ClassInfo) and symbol.qualname in self._by_qualname:
                    return self._by_qualname[symbol.qualname]
                return self._registered(node, near)
            case _:
                return None

    def _registered(self, node: ir.Expr, near: Draft) -> Draft | None:
        dotted = dotted_name(node)
        path, _, name = dotted.rpartition(".")
        candidates = self._by_name.get(name, [])
        if path:
            exact = [d for d in candidates if _ends_with(d.qualname, dotted)]
            candidates = exact or candidates
        same = [d for d in candidates if d.registry == near.registry]
        found = same or candidates
        if len(found) < 2:
            return found[0] if found else None
        return max(found, key=lambda d: _nearness(d, near))


def _ends_with(qualname: str, dotted: str) -> bool:
    return qualname == dotted or qualname.endswith("." + dotted)


def _nearness(draft: Draft, near: Draft) -> tuple[int, str]:
    mine, theirs = draft.qualname.split("."), near.qualname.split(".")
    shared = 0
    for left, right in zip(mine, theirs, strict=False):
        if left != right:
            break
        shared += 1
    return shared, draft.qualname
