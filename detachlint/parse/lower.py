"""LibCST -> IR, by direct dispatch on the node's type.

The walk numbers the nodes that it makes. ``Lowering(record=True)`` keeps, for each ordinal, the CST node it
came from; that is how ``positions.py`` finds the line of an ordinal without storing positions.
"""

from __future__ import annotations

import ast as _literals  # literal_eval only: the value of a string token; never a parser of programs
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

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
_BINARY: dict[type[cst.BaseBinaryOp] | type[cst.BaseAugOp], str] = {
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


class Lowering:
    """One walk over one module.

    Args:
        record: keep the CST node of each ordinal in ``nodes`` (index = ordinal).
    """

    def __init__(self, *, record: bool = False) -> None:
        self._next = 0
        self._record = record
        self._yields = [False]
        self.nodes: list[cst.CSTNode] = []

    def module(self, tree: cst.Module) -> ir.Module:
        return ir.Module(self._body(tree.body), 0)

    def number(self, node: cst.CSTNode) -> int:
        n = self._next
        self._next = n + 1
        if self._record:
            self.nodes.append(node)
        return n

    # ------------------------------------------------------------ statements

    def _body(self, statements: Iterable[cst.CSTNode]) -> ir.Block:
        out: list[ir.Stmt] = []
        for statement in statements:
            if type(statement) is cst.SimpleStatementLine or type(statement) is cst.SimpleStatementSuite:
                for small in cast("Any", statement).body:
                    out.append(_STATEMENTS[type(small)](self, small))  # noqa: PERF401 - hot path
            else:
                out.append(_STATEMENTS[type(statement)](self, statement))
        return tuple(out)

    def _block(self, block: cst.BaseSuite | None) -> ir.Block:
        if block is None:
            return ()
        if type(block) is cst.SimpleStatementSuite:
            return self._body((block,))
        return self._body(block.body)

    def _expr_stmt(self, node: cst.Expr) -> ir.Stmt:
        n = self.number(node)
        return ir.ExprStmt(n, self.expr(node.value))

    def _assign(self, node: cst.Assign) -> ir.Stmt:
        n = self.number(node)
        return ir.Assign(n, tuple(self.expr(t.target) for t in node.targets), self.expr(node.value))

    def _ann_assign(self, node: cst.AnnAssign) -> ir.Stmt:
        n = self.number(node)
        target = self.expr(node.target)
        annotation = self.annotation(node.annotation.annotation)
        return ir.AnnAssign(n, target, annotation, self._optional(node.value))

    def _aug_assign(self, node: cst.AugAssign) -> ir.Stmt:
        n = self.number(node)
        op = _BINARY.get(type(node.operator), "?")
        return ir.AugAssign(n, self.expr(node.target), op, self.expr(node.value))

    def _return(self, node: cst.Return) -> ir.Stmt:
        n = self.number(node)
        return ir.Return(n, self._optional(node.value))

    def _raise(self, node: cst.Raise) -> ir.Stmt:
        n = self.number(node)
        cause = node.cause.item if node.cause is not None else None
        return ir.Raise(n, self._optional(node.exc), self._optional(cause))

    def _assert(self, node: cst.Assert) -> ir.Stmt:
        n = self.number(node)
        return ir.Assert(n, self.expr(node.test))

    def _delete(self, node: cst.Del) -> ir.Stmt:
        n = self.number(node)
        target = self.expr(node.target)
        targets = target.items if isinstance(target, ir.Display) else (target,)
        return ir.Delete(n, targets)

    def _pass(self, node: cst.Pass) -> ir.Stmt:
        return ir.Pass(self.number(node))

    def _break(self, node: cst.Break) -> ir.Stmt:
        return ir.Break(self.number(node))

    def _continue(self, node: cst.Continue) -> ir.Stmt:
        return ir.Continue(self.number(node))

    def _global(self, node: cst.Global | cst.Nonlocal) -> ir.Stmt:
        scope = "global" if isinstance(node, cst.Global) else "nonlocal"
        return ir.Global(self.number(node), scope, tuple(item.name.value for item in node.names))

    def _import(self, node: cst.Import) -> ir.Stmt:
        n = self.number(node)
        return ir.Import(n, tuple((dotted(a.name), _alias(a)) for a in node.names))

    def _import_from(self, node: cst.ImportFrom) -> ir.Stmt:
        n = self.number(node)
        module = dotted(node.module) if node.module is not None else ""
        names = node.names
        listed = (
            None if isinstance(names, cst.ImportStar) else tuple((dotted(a.name), _alias(a)) for a in names)
        )
        return ir.ImportFrom(n, module, len(node.relative), listed)

    def _if(self, node: cst.If) -> ir.Stmt:
        n = self.number(node)
        test = self.expr(node.test)
        body = self._block(node.body)
        orelse: ir.Block = ()
        if isinstance(node.orelse, cst.If):
            orelse = (self._if(node.orelse),)
        elif node.orelse is not None:
            orelse = self._block(node.orelse.body)
        return ir.If(n, test, body, orelse)

    def _else(self, node: cst.Else | None) -> ir.Block:
        return self._block(node.body) if node is not None else ()

    def _while(self, node: cst.While) -> ir.Stmt:
        n = self.number(node)
        return ir.While(n, self.expr(node.test), self._block(node.body), self._else(node.orelse))

    def _for(self, node: cst.For) -> ir.Stmt:
        n = self.number(node)
        target = self.expr(node.target)
        iterable = self.expr(node.iter)
        body = self._block(node.body)
        return ir.For(n, target, iterable, body, self._else(node.orelse), node.asynchronous is not None)

    def _with(self, node: cst.With) -> ir.Stmt:
        n = self.number(node)
        items = tuple(
            (self.expr(item.item), self.expr(item.asname.name) if item.asname is not None else None)
            for item in node.items
        )
        return ir.With(n, items, self._block(node.body), node.asynchronous is not None)

    def _try(self, node: cst.Try | cst.TryStar) -> ir.Stmt:
        n = self.number(node)
        body = self._block(node.body)
        handlers = tuple(self._handler(handler) for handler in node.handlers)
        orelse = self._else(node.orelse)
        final = self._block(node.finalbody.body) if node.finalbody is not None else ()
        return ir.Try(n, body, handlers, orelse, final, isinstance(node, cst.TryStar))

    def _handler(self, node: cst.ExceptHandler | cst.ExceptStarHandler) -> ir.Handler:
        n = self.number(node)
        name = (
            node.name.name.value if node.name is not None and isinstance(node.name.name, cst.Name) else None
        )
        return ir.Handler(n, self._optional(node.type), name, self._block(node.body))

    def _match(self, node: cst.Match) -> ir.Stmt:
        n = self.number(node)
        subject = self.expr(node.subject)
        cases = tuple(
            ir.Case(self._pattern(case.pattern), self._optional(case.guard), self._block(case.body))
            for case in node.cases
        )
        return ir.Match(n, subject, cases)

    def _pattern(self, node: cst.MatchPattern) -> ir.Pattern:
        n = self.number(node)
        if isinstance(node, cst.MatchClass):
            return ir.MatchClass(
                n,
                self.expr(node.cls),
                tuple(self._pattern(p.value) for p in node.patterns),
                tuple((k.key.value, self._pattern(k.pattern)) for k in node.kwds),
            )
        if isinstance(node, cst.MatchValue):
            return ir.MatchValue(n, self.expr(node.value))
        if isinstance(node, cst.MatchSingleton):
            return ir.MatchValue(n, self.expr(node.value))
        if isinstance(node, cst.MatchAs):
            name = node.name.value if node.name is not None else None
            return ir.MatchCapture(n, name, self._pattern(node.pattern) if node.pattern is not None else None)
        if isinstance(node, cst.MatchSequence):
            if any(isinstance(p, cst.MatchStar) for p in node.patterns):
                return ir.MatchOther(n, _captured(node))
            return ir.MatchSequence(
                n,
                tuple(
                    self._pattern(p.value) for p in node.patterns if isinstance(p, cst.MatchSequenceElement)
                ),
            )
        if isinstance(node, cst.MatchOr):
            return ir.MatchOr(n, tuple(self._pattern(p.pattern) for p in node.patterns))
        return ir.MatchOther(n, _captured(node))

    def _function(self, node: cst.FunctionDef) -> ir.Stmt:
        n = self.number(node)
        decorators = tuple(self.expr(d.decorator) for d in node.decorators)
        params = self._params(node.params)
        returns = self.annotation(node.returns.annotation) if node.returns is not None else None
        type_params = self._type_params(node.type_parameters)
        self._yields.append(False)
        body = self._block(node.body)
        is_generator = self._yields.pop()
        return ir.FunctionDef(
            n,
            node.name.value,
            params,
            body,
            decorators,
            returns,
            node.asynchronous is not None,
            is_generator,
            type_params,
        )

    def _class(self, node: cst.ClassDef) -> ir.Stmt:
        n = self.number(node)
        decorators = tuple(self.expr(d.decorator) for d in node.decorators)
        bases = self._args((*node.bases, *node.keywords))
        type_params = self._type_params(node.type_parameters)
        return ir.ClassDef(n, node.name.value, bases, self._block(node.body), decorators, type_params)

    def _type_params(self, node: cst.TypeParameters | None) -> tuple[ir.TypeParam, ...]:
        if node is None:
            return ()
        out = []
        for item in node.params:
            bound = item.param.bound if isinstance(item.param, cst.TypeVar) else None
            out.append(
                ir.TypeParam(item.param.name.value, self.annotation(bound) if bound is not None else None)
            )
        return tuple(out)

    def _type_alias(self, node: cst.TypeAlias) -> ir.Stmt:
        n = self.number(node)
        return ir.TypeAlias(n, node.name.value, self.annotation(node.value))

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

    # ----------------------------------------------------------- expressions

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
            text = node.evaluated_value
            if not isinstance(text, str):
                return ir.Opaque(n)
            try:
                parsed = cst.parse_expression(text.strip())
            except cst.ParserSyntaxError:
                return ir.Const(n, text)
            return _renumber(n).annotation(parsed)
        if isinstance(node, cst.Subscript):
            n = self.number(node)
            value = self.expr(node.value)
            literal = isinstance(value, (ir.Name, ir.Attribute)) and _last(value) == "Literal"
            return ir.Subscript(n, value, self._index(node, self.expr if literal else self.annotation))
        if isinstance(node, cst.BinaryOperation):
            n = self.number(node)
            op = _BINARY.get(type(node.operator), "?")
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
        return ir.FString(n, tuple(fields))

    def _fields(self, parts: Iterable[cst.CSTNode], fields: list[tuple[ir.Expr, str]]) -> None:
        for part in parts:
            if isinstance(part, (cst.FormattedStringExpression, cst.TemplatedStringExpression)):
                fields.append((self.expr(part.expression), part.conversion or ""))
                if part.format_spec is not None:
                    self._fields(part.format_spec, fields)

    def _integer(self, node: cst.Integer) -> ir.Expr:
        n = self.number(node)
        try:
            return ir.Const(n, int(node.value.replace("_", ""), 0))
        except ValueError:
            return ir.Opaque(n)

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
                items.append(ir.Slice(n, self._optional(part.lower), self._optional(part.upper)))
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
        op = _BINARY.get(type(node.operator), "?")
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


class _renumber(Lowering):
    def __init__(self, n: int) -> None:
        super().__init__()
        self._fixed = n

    def number(self, node: cst.CSTNode) -> int:
        return self._fixed


def dotted(node: cst.BaseExpression) -> str:
    """``a.b.c`` of an import; empty for anything else."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        return f"{dotted(node.value)}.{node.attr.value}"
    return ""


def _alias(node: cst.ImportAlias) -> str | None:
    return dotted(cast("cst.BaseExpression", node.asname.name)) if node.asname is not None else None


def _last(node: ir.Name | ir.Attribute) -> str:
    return node.id if isinstance(node, ir.Name) else node.attr


def _string_value(node: cst.SimpleString) -> str | bytes | None:
    try:
        value = _literals.literal_eval(node.value)
    except (ValueError, SyntaxError):
        return None
    return value if isinstance(value, (str, bytes)) else None


def _captured(node: cst.CSTNode) -> tuple[str, ...]:
    """Names that a pattern binds, for patterns that are not followed."""
    names: list[str] = []
    todo: list[cst.CSTNode] = [node]
    while todo:
        current = todo.pop()
        if isinstance(current, (cst.MatchAs, cst.MatchStar)) and current.name is not None:
            names.append(current.name.value)
        if isinstance(current, cst.MatchMapping) and current.rest is not None:
            names.append(current.rest.value)
        todo.extend(current.children)
    return tuple(sorted(set(names)))


_STATEMENTS: dict[type[cst.CSTNode], Callable[[Lowering, Any], ir.Stmt]] = {
    cst.Expr: Lowering._expr_stmt,
    cst.Assign: Lowering._assign,
    cst.AnnAssign: Lowering._ann_assign,
    cst.AugAssign: Lowering._aug_assign,
    cst.Return: Lowering._return,
    cst.Raise: Lowering._raise,
    cst.Assert: Lowering._assert,
    cst.Del: Lowering._delete,
    cst.Pass: Lowering._pass,
    cst.Break: Lowering._break,
    cst.Continue: Lowering._continue,
    cst.Global: Lowering._global,
    cst.Nonlocal: Lowering._global,
    cst.Import: Lowering._import,
    cst.ImportFrom: Lowering._import_from,
    cst.If: Lowering._if,
    cst.While: Lowering._while,
    cst.For: Lowering._for,
    cst.With: Lowering._with,
    cst.Try: Lowering._try,
    cst.TryStar: Lowering._try,
    cst.Match: Lowering._match,
    cst.FunctionDef: Lowering._function,
    cst.ClassDef: Lowering._class,
    cst.TypeAlias: Lowering._type_alias,
}
_EXPRESSIONS: dict[type[cst.CSTNode], Callable[[Lowering, Any], ir.Expr]] = {
    cst.Name: Lowering._name,
    cst.Attribute: Lowering._attribute,
    cst.Call: Lowering._call,
    cst.SimpleString: Lowering._string,
    cst.ConcatenatedString: Lowering._string,
    cst.FormattedString: Lowering._fstring,
    cst.TemplatedString: Lowering._fstring,
    cst.Integer: Lowering._integer,
    cst.Float: Lowering._float,
    cst.Subscript: Lowering._subscript,
    cst.Tuple: Lowering._display,
    cst.List: Lowering._display,
    cst.Set: Lowering._display,
    cst.Dict: Lowering._dict,
    cst.Lambda: Lowering._lambda,
    cst.ListComp: Lowering._comprehension,
    cst.SetComp: Lowering._comprehension,
    cst.GeneratorExp: Lowering._comprehension,
    cst.DictComp: Lowering._comprehension,
    cst.IfExp: Lowering._if_exp,
    cst.BooleanOperation: Lowering._bool_op,
    cst.Comparison: Lowering._compare,
    cst.UnaryOperation: Lowering._unary,
    cst.BinaryOperation: Lowering._binary,
    cst.Await: Lowering._await,
    cst.Yield: Lowering._yield,
    cst.NamedExpr: Lowering._walrus,
    cst.StarredElement: Lowering._starred,
}
