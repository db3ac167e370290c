"""LibCST -> IR, by direct dispatch on the node's type.

The walk numbers the nodes that it makes. ``Lowering(record=True)`` keeps, for each ordinal, the CST node it
came from; that is how ``positions.py`` finds the line of an ordinal without storing positions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

import libcst as cst

from detachlint.parse import ir
from detachlint.parse.lower_expressions import BINARY, ExpressionLowering


class Lowering(ExpressionLowering):
    """One walk over one module.

    Args:
        record: keep the CST node of each ordinal in ``nodes`` (index = ordinal).
    """

    def module(self, tree: cst.Module) -> ir.Module:
        return ir.Module(self._body(tree.body), 0)

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
        op = BINARY.get(type(node.operator), "?")
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
        return ir.Try(n, body, handlers, orelse, final)

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


def dotted(node: cst.BaseExpression) -> str:
    """``a.b.c`` of an import; empty for anything else."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        return f"{dotted(node.value)}.{node.attr.value}"
    return ""


def _alias(node: cst.ImportAlias) -> str | None:
    return dotted(cast("cst.BaseExpression", node.asname.name)) if node.asname is not None else None


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
