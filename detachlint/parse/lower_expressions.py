"""Expressions of LibCST -> IR, by direct dispatch on the node's type."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import libcst as cst

from detachlint.parse import ir

_COMPARE: dict[type[cst.BaseCompOp], str] = {
    cst.Equal: "==",
    cst.NotEqual: "!=",
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
    cst.In: "in",
    cst.NotIn: "not in",
    cst.Is: "is",
    cst.IsNot: "is not",
}
_UNARY: dict[type[cst.BaseUnaryOp], str] = {cst.Not: "not", cst.Minus: "-", cst.Plus: "+", cst.BitInvert: "~"}
BINARY: dict[type[cst.BaseBinaryOp] | type[cst.BaseAugOp], str] = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.Divide: "/",
    cst.FloorDivide: "//",
    cst.Modulo: "%",
    cst.Power: "**",
    cst.BitAnd: "&",
    cst.BitOr: "|",
    cst.BitXor: "^",
    cst.AddAssign: "+",
    cst.SubtractAssign: "-",
    cst.BitAndAssign: "&",
    cst.BitOrAssign: "|",
}
# Text of a formatted string that may be the name of a method, or a key.
_WORD = re.compile(r"[\w.:-]*")


_FIRST_LONG = 2**64
"""The first integer that has no place in the IR's form as bytes."""


class ExpressionLowering:
    """One walk over one module; of this class, over its expressions.

    Args:
        record: keep the CST node of each ordinal in ``nodes`` (index = ordinal).
    """

    def __init__(self, *, record: bool = False) -> None:
        self._next = 0
        self._record = record
        self._yields = [False]
        self.nodes: list[cst.CSTNode] = []

    def number(self, node: cst.CSTNode) -> int:
        n = self._next
        self._next = n + 1
        if self._record:
            self.nodes.append(node)
        return n

    def expr(self, node: cst.BaseExpression) -> ir.Expr:
        lower = _EXPRESSIONS.get(type(node))
        if lower is None:
            return ir.Opaque(self.number(node))
        return lower(self, node)

    def _optional(self, node: cst.BaseExpression | None) -> ir.Expr | None:
        return None if node is None else self.expr(node)

    def annotation(self, node: cst.BaseExpression) -> ir.Expr:
        """An annotation: strings in it are parsed, as they are annotations too (but for those in
        ``Literal``).
        """
        if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
            n = self.number(node)
            text = _string_value(node)
            if not isinstance(text, str):
                return ir.Opaque(n)
            try:
                parsed = cst.parse_expression(text.strip())
            except cst.ParserSyntaxError:
                return ir.Const(n, text)
            return _Renumbered(n).annotation(parsed)
        if isinstance(node, cst.Subscript):
            n = self.number(node)
            value = self.expr(node.value)
            literal = isinstance(value, (ir.Name, ir.Attribute)) and _last(value) == "Literal"
            return ir.Subscript(n, value, self._index(node, self.expr if literal else self.annotation))
        if isinstance(node, cst.BinaryOperation):
            n = self.number(node)
            op = BINARY.get(type(node.operator), "?")
            return ir.Binary(n, op, self.annotation(node.left), self.annotation(node.right))
        if isinstance(node, cst.List):
            n = self.number(node)
            return ir.Display(n, "list", tuple(self.annotation(e.value) for e in node.elements))
        return self.expr(node)

    def _name(self, node: cst.Name) -> ir.Expr:
        n = self.number(node)
        match node.value:
            case "None":
                return ir.Const(n, None)
            case "True":
                return ir.Const(n, True)
            case "False":
                return ir.Const(n, False)
            case name:
                return ir.Name(n, name)

    def _attribute(self, node: cst.Attribute) -> ir.Expr:
        n = self.number(node)
        return ir.Attribute(n, self.expr(node.value), node.attr.value)

    def _call(self, node: cst.Call) -> ir.Expr:
        n = self.number(node)
        return ir.Call(n, self.expr(node.func), self._args(node.args))

    def _args(self, args: Sequence[cst.Arg]) -> tuple[ir.Arg, ...]:
        return tuple(
            ir.Arg(self.expr(a.value), a.keyword.value if a.keyword is not None else None, a.star)
            for a in args
        )

    def _string(self, node: cst.SimpleString | cst.ConcatenatedString) -> ir.Expr:
        n = self.number(node)
        if isinstance(node, cst.ConcatenatedString):
            fields: list[tuple[ir.Expr, str]] = []
            constant = self._pieces(node, fields)
            if fields:
                return ir.FString(n, tuple(fields))
            return ir.Const(n, constant) if constant is not None else ir.Opaque(n)
        value = _string_value(node)
        return ir.Const(n, value) if isinstance(value, str) else ir.Opaque(n)

    def _pieces(self, node: cst.BaseExpression, fields: list[tuple[ir.Expr, str]]) -> str | None:
        if isinstance(node, cst.ConcatenatedString):
            left, right = self._pieces(node.left, fields), self._pieces(node.right, fields)
            return left + right if left is not None and right is not None else None
        if isinstance(node, cst.SimpleString):
            value = _string_value(node)
            return value if isinstance(value, str) else None
        lowered = self.expr(node)
        if isinstance(lowered, ir.FString):
            fields.extend(lowered.parts)
        return None

    def _fstring(self, node: cst.FormattedString | cst.TemplatedString) -> ir.Expr:
        n = self.number(node)
        fields: list[tuple[ir.Expr, str]] = []
        self._fields(node.parts, fields)
        return ir.FString(n, tuple(fields), _words(node))

    def _fields(self, parts: Iterable[cst.CSTNode], fields: list[tuple[ir.Expr, str]]) -> None:
        for part in parts:
            if isinstance(part, (cst.FormattedStringExpression, cst.TemplatedStringExpression)):
                fields.append((self.expr(part.expression), part.conversion or ""))
                if part.format_spec is not None:
                    self._fields(part.format_spec, fields)

    def _integer(self, node: cst.Integer) -> ir.Expr:
        n = self.number(node)
        try:
            value = int(node.value.replace("_", ""), 0)
        except ValueError:
            return ir.Opaque(n)
        return ir.Const(n, value) if value < _FIRST_LONG else ir.Opaque(n)

    def _float(self, node: cst.Float) -> ir.Expr:
        n = self.number(node)
        return ir.Const(n, float(node.value.replace("_", "")))

    def _subscript(self, node: cst.Subscript) -> ir.Expr:
        n = self.number(node)
        return ir.Subscript(n, self.expr(node.value), self._index(node, self.expr))

    def _index(self, node: cst.Subscript, lower: Callable[[cst.BaseExpression], ir.Expr]) -> ir.Expr:
        items: list[ir.Expr] = []
        for element in node.slice:
            part = element.slice
            if isinstance(part, cst.Index):
                items.append(lower(part.value))
            elif isinstance(part, cst.Slice):
                n = self.number(part)
                bounds = self._optional(part.lower), self._optional(part.upper)
                items.append(ir.Slice(n, *bounds, stepped=part.step is not None))
        if len(items) == 1 and not isinstance(node.slice[0].comma, cst.Comma):
            return items[0]
        return ir.Display(self.number(node), "tuple", tuple(items))

    def _display(self, node: cst.Tuple | cst.List | cst.Set) -> ir.Expr:
        n = self.number(node)
        kind = "tuple" if isinstance(node, cst.Tuple) else "list" if isinstance(node, cst.List) else "set"
        return ir.Display(n, kind, tuple(self._element(e) for e in node.elements))

    def _element(self, element: cst.BaseElement) -> ir.Expr:
        if isinstance(element, cst.StarredElement):
            n = self.number(element)
            return ir.Starred(n, self.expr(element.value))
        return self.expr(element.value)

    def _dict(self, node: cst.Dict) -> ir.Expr:
        n = self.number(node)
        items: list[tuple[ir.Expr | None, ir.Expr]] = []
        for element in node.elements:
            key = self.expr(element.key) if isinstance(element, cst.DictElement) else None
            items.append((key, self.expr(element.value)))
        return ir.Dict(n, tuple(items))

    def _lambda(self, node: cst.Lambda) -> ir.Expr:
        n = self.number(node)
        return ir.Lambda(n, self._params(node.params), self.expr(node.body))

    def _comprehension(self, node: cst.ListComp | cst.SetComp | cst.GeneratorExp | cst.DictComp) -> ir.Expr:
        n = self.number(node)
        clauses: list[ir.Clause] = []
        current: cst.CompFor | None = node.for_in
        while current is not None:
            target = self.expr(current.target)
            iterable = self.expr(current.iter)
            conditions = tuple(self.expr(c.test) for c in current.ifs)
            clauses.append(ir.Clause(target, iterable, conditions, current.asynchronous is not None))
            current = current.inner_for_in
        if isinstance(node, cst.DictComp):
            return ir.Comprehension(n, "dict", self.expr(node.key), self.expr(node.value), tuple(clauses))
        kind = {cst.ListComp: "list", cst.SetComp: "set"}.get(type(node), "generator")
        return ir.Comprehension(n, kind, self.expr(node.elt), None, tuple(clauses))

    def _if_exp(self, node: cst.IfExp) -> ir.Expr:
        n = self.number(node)
        return ir.IfExp(n, self.expr(node.test), self.expr(node.body), self.expr(node.orelse))

    def _bool_op(self, node: cst.BooleanOperation) -> ir.Expr:
        n = self.number(node)
        op = "and" if isinstance(node.operator, cst.And) else "or"
        return ir.BoolOp(n, op, self.expr(node.left), self.expr(node.right))

    def _compare(self, node: cst.Comparison) -> ir.Expr:
        n = self.number(node)
        left = self.expr(node.left)
        rest = tuple((_COMPARE[type(c.operator)], self.expr(c.comparator)) for c in node.comparisons)
        return ir.Compare(n, left, rest)

    def _unary(self, node: cst.UnaryOperation) -> ir.Expr:
        n = self.number(node)
        return ir.Unary(n, _UNARY[type(node.operator)], self.expr(node.expression))

    def _binary(self, node: cst.BinaryOperation) -> ir.Expr:
        n = self.number(node)
        op = BINARY.get(type(node.operator), "?")
        return ir.Binary(n, op, self.expr(node.left), self.expr(node.right))

    def _await(self, node: cst.Await) -> ir.Expr:
        n = self.number(node)
        return ir.Await(n, self.expr(node.expression))

    def _yield(self, node: cst.Yield) -> ir.Expr:
        n = self.number(node)
        self._yields[-1] = True
        if isinstance(node.value, cst.From):
            return ir.YieldFrom(n, self.expr(node.value.item))
        return ir.Yield(n, self._optional(node.value))

    def _walrus(self, node: cst.NamedExpr) -> ir.Expr:
        n = self.number(node)
        return ir.Walrus(n, self.expr(node.target), self.expr(node.value))

    def _starred(self, node: cst.StarredElement) -> ir.Expr:
        n = self.number(node)
        return ir.Starred(n, self.expr(node.value))

    def _params(self, params: cst.Parameters) -> tuple[ir.Param, ...]:
        out = [self._param(p, "positional") for p in params.posonly_params]
        out += [self._param(p, "normal") for p in params.params]
        if isinstance(params.star_arg, cst.Param):
            out.append(self._param(params.star_arg, "*"))
        out += [self._param(p, "keyword") for p in params.kwonly_params]
        if params.star_kwarg is not None:
            out.append(self._param(params.star_kwarg, "**"))
        return tuple(out)

    def _param(self, node: cst.Param, kind: str) -> ir.Param:
        annotation = self.annotation(node.annotation.annotation) if node.annotation is not None else None
        return ir.Param(node.name.value, kind, annotation, self._optional(node.default))


class _Renumbered(ExpressionLowering):
    """Gives all nodes one number: those of an annotation in a string have no place of their own."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self._fixed = n

    def number(self, node: cst.CSTNode) -> int:
        return self._fixed


def _last(node: ir.Name | ir.Attribute) -> str:
    return node.id if isinstance(node, ir.Name) else node.attr


def _words(node: cst.FormattedString | cst.TemplatedString) -> tuple[str, ...]:
    """The text around the fields of a formatted string that is one word, else nothing."""
    words = [""]
    for part in node.parts:
        if isinstance(part, (cst.FormattedStringText, cst.TemplatedStringText)):
            if _WORD.fullmatch(part.value) is None:
                return ()
            words[-1] += part.value
        elif isinstance(part, (cst.FormattedStringExpression, cst.TemplatedStringExpression)):
            if part.conversion or part.format_spec is not None or part.equal is not None:
                return ()
            words.append("")
    return tuple(words)


def _string_value(node: cst.SimpleString | cst.ConcatenatedString) -> str | bytes | None:
    """The value, or None where there is none, or one that UTF-8 has no bytes for (half a surrogate pair)."""
    try:
        value = node.evaluated_value
        if isinstance(value, str) and not value.isascii():
            value.encode()
    except (ValueError, SyntaxError):
        return None
    return value


_EXPRESSIONS: dict[type[cst.CSTNode], Callable[[ExpressionLowering, Any], ir.Expr]] = {
    cst.Name: ExpressionLowering._name,
    cst.Attribute: ExpressionLowering._attribute,
    cst.Call: ExpressionLowering._call,
    cst.SimpleString: ExpressionLowering._string,
    cst.ConcatenatedString: ExpressionLowering._string,
    cst.FormattedString: ExpressionLowering._fstring,
    cst.TemplatedString: ExpressionLowering._fstring,
    cst.Integer: ExpressionLowering._integer,
    cst.Float: ExpressionLowering._float,
    cst.Subscript: ExpressionLowering._subscript,
    cst.Tuple: ExpressionLowering._display,
    cst.List: ExpressionLowering._display,
    cst.Set: ExpressionLowering._display,
    cst.Dict: ExpressionLowering._dict,
    cst.Lambda: ExpressionLowering._lambda,
    cst.ListComp: ExpressionLowering._comprehension,
    cst.SetComp: ExpressionLowering._comprehension,
    cst.GeneratorExp: ExpressionLowering._comprehension,
    cst.DictComp: ExpressionLowering._comprehension,
    cst.IfExp: ExpressionLowering._if_exp,
    cst.BooleanOperation: ExpressionLowering._bool_op,
    cst.Comparison: ExpressionLowering._compare,
    cst.UnaryOperation: ExpressionLowering._unary,
    cst.BinaryOperation: ExpressionLowering._binary,
    cst.Await: ExpressionLowering._await,
    cst.Yield: ExpressionLowering._yield,
    cst.NamedExpr: ExpressionLowering._walrus,
    cst.StarredElement: ExpressionLowering._starred,
}
