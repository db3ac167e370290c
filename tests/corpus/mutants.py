"""Mutants of a file: the same text with one loader option less."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from detachlint.parse.lower import Lowering

_LOADERS = frozenset({"selectinload", "joinedload", "subqueryload", "immediateload", "contains_eager"})
_N = TypeVar("_N", bound=cst.CSTNode)
_EAGER = frozenset({"selectin", "joined", "subquery", "immediate"})


@dataclass(frozen=True, slots=True)
class Mutant:
    """One deletion.

    Args:
        kind: ``option`` (a whole argument of ``.options()`` or element of a list), ``hop`` (the last link of
            a chain) or ``mapping`` (``lazy="selectin"`` of a relationship).
        node: ordinal of the call that makes the option, or of the relationship's own call.
        names: the relationships that are no longer loaded, as written; empty for ``mapping``.
        code: what is deleted.
        text: the file without it.
    """

    kind: str
    line: int
    node: int
    names: frozenset[str]
    code: str
    text: str


def mutants(text: str) -> list[Mutant]:
    """All mutants of a file's text, in the order of their places; none where it is no valid Python."""
    if not any(word in text for word in (*_LOADERS, "lazy")):
        return []
    try:
        wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    except cst.ParserSyntaxError:
        return []
    lines = wrapper.resolve(PositionProvider)
    lowering = Lowering(record=True)
    lowering.module(wrapper.module)
    ordinals = {id(node): number for number, node in enumerate(lowering.nodes)}
    finder = _Finder()
    wrapper.module.visit(finder)
    out = []
    for kind, made_by, removed, edit in finder.found:
        node = ordinals.get(id(made_by))
        if node is not None:
            out.append(
                Mutant(
                    kind,
                    lines[removed].start.line,
                    node,
                    _names(removed) if kind != "mapping" else frozenset(),
                    "".join(wrapper.module.code_for_node(removed).split()),
                    wrapper.module.visit(edit).code,
                )
            )
    return sorted(out, key=lambda m: (m.line, m.node, m.kind))


class _Finder(cst.CSTVisitor):
    """Collects (kind, call that makes it, what goes, edit)."""

    def __init__(self) -> None:
        self.found: list[tuple[str, cst.Call, cst.CSTNode, cst.CSTTransformer]] = []

    def visit_Call(self, node: cst.Call) -> None:
        name = _leaf(node.func)
        if name == "options":
            for each in node.args:
                self._option(each, each.value)
        for each in node.args:
            if each.keyword is not None and each.keyword.value == "lazy" and _is_eager(each.value):
                self.found.append(("mapping", node, each, _Without(each)))
            if each.keyword is not None and each.keyword.value == "sa_relationship_kwargs":
                self._table_model(node, each.value)

    def _table_model(self, call: cst.Call, value: cst.BaseExpression) -> None:
        if not isinstance(value, cst.Dict):
            return
        for each in value.elements:
            if not (isinstance(each, cst.DictElement) and isinstance(each.key, cst.SimpleString)):
                continue
            if each.key.raw_value == "lazy" and _is_eager(each.value):
                self.found.append(("mapping", call, each, _Without(each)))

    def visit_List(self, node: cst.List) -> None:
        for each in node.elements:
            self._option(each, each.value)

    def visit_Tuple(self, node: cst.Tuple) -> None:
        for each in node.elements:
            self._option(each, each.value)

    def _option(self, holder: cst.CSTNode, value: cst.BaseExpression) -> None:
        first = _first_loader(value)
        if first is None or not isinstance(value, cst.Call):
            return
        self.found.append(("option", first, holder, _Without(holder)))
        links = isinstance(value.func, cst.Attribute) and isinstance(value.func.value, cst.Call)
        if links and _leaf(value.func) in _LOADERS:
            self.found.append(("hop", first, value, _Shorter(value)))


class _Without(cst.CSTTransformer):
    def __init__(self, target: cst.CSTNode) -> None:
        self._target = target

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg | cst.RemovalSentinel:
        return self._kept(original_node, updated_node)

    def leave_Element(
        self, original_node: cst.Element, updated_node: cst.Element
    ) -> cst.Element | cst.RemovalSentinel:
        return self._kept(original_node, updated_node)

    def leave_DictElement(
        self, original_node: cst.DictElement, updated_node: cst.DictElement
    ) -> cst.DictElement | cst.RemovalSentinel:
        return self._kept(original_node, updated_node)

    def _kept(self, original: cst.CSTNode, updated: _N) -> _N | cst.RemovalSentinel:
        return cst.RemovalSentinel.REMOVE if original is self._target else updated


class _Shorter(cst.CSTTransformer):
    """Takes the last call off a chain."""

    def __init__(self, target: cst.Call) -> None:
        self._target = target

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        if original_node is self._target and isinstance(updated_node.func, cst.Attribute):
            return updated_node.func.value
        return updated_node


def _leaf(func: cst.BaseExpression) -> str:
    if isinstance(func, cst.Attribute):
        return func.attr.value
    return func.value if isinstance(func, cst.Name) else ""


def _first_loader(value: cst.BaseExpression) -> cst.Call | None:
    """The call at the beginning of a chain of loader options."""
    while isinstance(value, cst.Call):
        if isinstance(value.func, cst.Attribute) and isinstance(value.func.value, cst.Call):
            value = value.func.value
        elif _leaf(value.func) in _LOADERS:
            return value
        else:
            return None
    return None


def _is_eager(value: cst.BaseExpression) -> bool:
    return isinstance(value, cst.SimpleString) and value.raw_value in _EAGER


def _names(removed: cst.CSTNode) -> frozenset[str]:
    """The attributes that the loaders in ``removed`` name; of a chain that gets shorter, the last one's."""
    if isinstance(removed, cst.Call):
        return frozenset(_named(removed))
    collector = _Calls()
    removed.visit(collector)
    return frozenset(name for call in collector.calls for name in _named(call))


class _Calls(cst.CSTVisitor):
    def __init__(self) -> None:
        self.calls: list[cst.Call] = []

    def visit_Call(self, node: cst.Call) -> None:
        if _leaf(node.func) in _LOADERS:
            self.calls.append(node)


def _named(call: cst.Call) -> Iterator[str]:
    for each in call.args:
        value = each.value
        while isinstance(value, cst.Call) and isinstance(value.func, cst.Attribute):
            value = value.func.value  # ``A.b.of_type(C)``, ``A.b.and_(...)``
        if isinstance(value, cst.Attribute):
            yield value.attr.value
