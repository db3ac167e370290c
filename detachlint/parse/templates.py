"""Jinja templates to IR, with jinja2's own parser: nothing is rendered.

A node's ordinal is the line of the statement (or of the ``{{ }}``) that it stands in, as that is the line
that jinja2's tracebacks name. What has no counterpart in Python becomes a call of a name in angle brackets:
``<filter sort>``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from detachlint.parse import ir

if TYPE_CHECKING:
    from jinja2 import nodes

MAX_UNKNOWN_TAGS = 20
_OPERATORS = {
    "eq": "==", "ne": "!=", "gt": ">", "gteq": ">=", "lt": "<", "lteq": "<=", "in": "in", "notin": "not in",
}  # fmt: skip
_BINARY = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "FloorDiv": "//", "Mod": "%", "Pow": "**"}
_IDENTITY = {"none": "is", "undefined": "is", "defined": "is not"}


@dataclass(frozen=True, slots=True)
class Template:
    """A template.

    Args:
        body: its statements; a block is a call of ``<block>`` with the block's name.
        blocks: the blocks' statements by name.
        parent: what it extends, or None.
        names: every name that it mentions.
    """

    body: ir.Block
    blocks: dict[str, ir.Block]
    parent: ir.Expr | None
    names: frozenset[str]


def parse_template(text: str, line: int | None = None) -> Template | None:
    """Args: line: stands for all lines, where the text isn't a file. None: it does not parse."""
    tree = _parse(text)
    return None if tree is None else _Lowering(line).template(tree)


def _parse(text: str) -> nodes.Template | None:
    """Tags of extensions that aren't installed are skipped, their bodies are not."""
    import jinja2
    from jinja2.ext import Extension

    unknown: set[str] = set()
    standard = ["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"]
    for _ in range(MAX_UNKNOWN_TAGS):
        skipped = type("Skipped", (Extension,), {"tags": frozenset(unknown), "parse": _skip_tag})
        try:
            return jinja2.Environment(extensions=[*standard, skipped]).parse(text)
        except jinja2.TemplateSyntaxError as error:
            _, found, rest = (error.message or "").partition("unknown tag '")
            tag = rest.partition("'")[0]
            if not found or tag in unknown:
                return None
            unknown.add(tag)
    return None


def _skip_tag(extension: object, parser: Any) -> list[nodes.Node]:
    """``Extension.parse`` for a tag of which nothing is known."""
    while parser.stream.current.type != "block_end":
        next(parser.stream)
    return []


@dataclass(slots=True)
class _Lowering:
    """Walks jinja2's tree. ``fixed`` is the line of everything, or None; ``n`` is the current line."""

    fixed: int | None
    n: int = 1
    blocks: dict[str, ir.Block] = field(default_factory=dict)
    block: str = ""
    parent: ir.Expr | None = None
    names: set[str] = field(default_factory=set)

    def template(self, tree: nodes.Template) -> Template:
        body = self.statements(tree.body)
        return Template(body, self.blocks, self.parent, frozenset(self.names))

    def statements(self, items: list[nodes.Node]) -> ir.Block:
        return tuple([s for item in items for s in self.statement(item)])

    def at(self, node: nodes.Node) -> int:
        """The node's line; what an extension has made (``{% trans a=b() %}``) has that of the last one."""
        line: int | None = node.lineno if self.fixed is None else self.fixed
        if line is not None:
            self.n = line
        return self.n

    def named(self, name: str) -> ir.Name:
        self.names.add(name)
        return ir.Name(self.n, name)

    def run(self, name: str, *args: ir.Expr) -> ir.Call:
        return ir.Call(self.n, self.named(name), tuple([ir.Arg(a) for a in args]))

    # ------------------------------------------------------------- statements

    def statement(self, node: nodes.Node) -> tuple[ir.Stmt, ...]:
        lower = getattr(self, f"_{type(node).__name__.lower()}", None)
        n = self.at(node)
        if lower is not None:
            result: tuple[ir.Stmt, ...] = lower(node, n)
            return result
        body = getattr(node, "body", None)
        return self.statements(body) if isinstance(body, list) else ()

    def _output(self, node: nodes.Output, n: int) -> tuple[ir.Stmt, ...]:
        from jinja2 import nodes

        out: list[ir.Stmt] = []
        for item in node.nodes:
            if not isinstance(item, nodes.TemplateData):
                line = self.at(item)
                out.append(ir.ExprStmt(line, self.run("<output>", self.expr(item))))
        return tuple(out)

    def _for(self, node: nodes.For, n: int) -> tuple[ir.Stmt, ...]:
        iterable = self.expr(node.iter)
        target = self.expr(node.target)
        test = self.expr(node.test) if node.test is not None else None
        body = self.statements(node.body)
        if test is not None:
            body = (ir.If(n, test, body, ()),)
        return (ir.For(n, target, iterable, body, self.statements(node.else_), False),)

    def _if(self, node: nodes.If, n: int) -> tuple[ir.Stmt, ...]:
        test = self.expr(node.test)
        body = self.statements(node.body)
        orelse: ir.Block = self.statements(node.else_)
        for branch in reversed(node.elif_):
            line = self.at(branch)
            orelse = (ir.If(line, self.expr(branch.test), self.statements(branch.body), orelse),)
        return (ir.If(n, test, body, orelse),)

    def _assign(self, node: nodes.Assign, n: int) -> tuple[ir.Stmt, ...]:
        value = self.expr(node.node)
        return (ir.Assign(n, (self.expr(node.target),), value),)

    def _assignblock(self, node: nodes.AssignBlock, n: int) -> tuple[ir.Stmt, ...]:
        target = self.expr(node.target)
        return (*self.statements(node.body), ir.Assign(n, (target,), ir.Const(n, "")))

    def _with(self, node: nodes.With, n: int) -> tuple[ir.Stmt, ...]:
        values = [self.expr(v) for v in node.values]
        targets = [self.expr(t) for t in node.targets]
        assigns = [ir.Assign(n, (t,), v) for t, v in zip(targets, values, strict=True)]
        return (*assigns, *self.statements(node.body))

    def _exprstmt(self, node: nodes.ExprStmt, n: int) -> tuple[ir.Stmt, ...]:
        return (ir.ExprStmt(n, self.expr(node.node)),)

    def _macro(self, node: nodes.Macro, n: int) -> tuple[ir.Stmt, ...]:
        params = self._params(node.args, node.defaults)
        self.names.add(node.name)
        body = self.statements(node.body)
        return (ir.FunctionDef(n, node.name, params, body, (), None, False, False, ()),)

    def _params(self, args: list[nodes.Name], defaults: list[nodes.Expr]) -> tuple[ir.Param, ...]:
        missing: list[ir.Expr] = [ir.Const(self.n, None)] * (len(args) - len(defaults))
        values = [self.expr(d) for d in defaults]
        constants = [v if isinstance(v, ir.Const) else ir.Const(self.n, None) for v in [*missing, *values]]
        return tuple([ir.Param(a.name, "normal", None, c) for a, c in zip(args, constants, strict=True)])

    def _callblock(self, node: nodes.CallBlock, n: int) -> tuple[ir.Stmt, ...]:
        return (ir.ExprStmt(n, self.expr(node.call)), *self.statements(node.body))

    def _filterblock(self, node: nodes.FilterBlock, n: int) -> tuple[ir.Stmt, ...]:
        return self.statements(node.body)

    def _block(self, node: nodes.Block, n: int) -> tuple[ir.Stmt, ...]:
        saved, self.block = self.block, node.name
        self.blocks[node.name] = self.statements(node.body)
        self.block = saved
        self.n = n
        return (ir.ExprStmt(n, self.run("<block>", ir.Const(n, node.name))),)

    def _extends(self, node: nodes.Extends, n: int) -> tuple[ir.Stmt, ...]:
        self.parent = self.expr(node.template)
        return ()

    def _include(self, node: nodes.Include, n: int) -> tuple[ir.Stmt, ...]:
        return (ir.ExprStmt(n, self.run("<include>", self.expr(node.template))),)

    def _import(self, node: nodes.Import, n: int) -> tuple[ir.Stmt, ...]:
        value = self.run("<import>", self.expr(node.template))
        return (ir.Assign(n, (self.named(node.target),), value),)

    def _fromimport(self, node: nodes.FromImport, n: int) -> tuple[ir.Stmt, ...]:
        template = self.expr(node.template)
        out: list[ir.Stmt] = []
        for item in node.names:
            name, alias = item if isinstance(item, tuple) else (item, item)
            value = ir.Attribute(n, self.run("<import>", template), name)
            out.append(ir.Assign(n, (self.named(alias),), value))
        return tuple(out)

    def _break(self, node: nodes.Break, n: int) -> tuple[ir.Stmt, ...]:
        return (ir.Break(n),)

    def _continue(self, node: nodes.Continue, n: int) -> tuple[ir.Stmt, ...]:
        return (ir.Continue(n),)

    # ------------------------------------------------------------ expressions

    def expr(self, node: nodes.Node) -> ir.Expr:
        from jinja2 import nodes

        n = self.n
        match node:
            case nodes.Name():
                return self.named(node.name)
            case nodes.NSRef():
                return ir.Attribute(n, self.named(node.name), node.attr)
            case nodes.Const():
                known = node.value is None or isinstance(node.value, (str, int, float, bool))
                return ir.Const(n, node.value) if known else ir.Opaque(n)
            case nodes.Tuple() | nodes.List():
                kind = "tuple" if isinstance(node, nodes.Tuple) else "list"
                return ir.Display(n, kind, tuple([self.expr(i) for i in node.items]))
            case nodes.Dict():
                return ir.Dict(n, tuple([(self.expr(p.key), self.expr(p.value)) for p in node.items]))
            case nodes.Getattr():
                return ir.Attribute(n, self.expr(node.node), node.attr)
            case nodes.Getitem():
                return self._item(node)
            case nodes.Call():
                return self._call(node)
            case nodes.Filter():
                return self._filter(node)
            case nodes.Test():
                return self._test(node)
            case _:
                return self._operation(node)

    def _operation(self, node: nodes.Node) -> ir.Expr:
        from jinja2 import nodes

        n = self.n
        match node:
            case nodes.CondExpr():
                orelse = self.expr(node.expr2) if node.expr2 is not None else ir.Const(n, None)
                return ir.IfExp(n, self.expr(node.test), self.expr(node.expr1), orelse)
            case nodes.And() | nodes.Or():
                op = "and" if isinstance(node, nodes.And) else "or"
                return ir.BoolOp(n, op, self.expr(node.left), self.expr(node.right))
            case nodes.Not():
                return ir.Unary(n, "not", self.expr(node.node))
            case nodes.Neg() | nodes.Pos():
                return ir.Unary(n, "-", self.expr(node.node))
            case nodes.Compare():
                rest = tuple([(_OPERATORS[o.op], self.expr(o.expr)) for o in node.ops])
                return ir.Compare(n, self.expr(node.expr), rest)
            case nodes.Concat():
                return self.run("<output>", *[self.expr(i) for i in node.nodes])
            case nodes.BinExpr():
                op = _BINARY.get(type(node).__name__, "+")
                return ir.Binary(n, op, self.expr(node.left), self.expr(node.right))
            case _:
                inner = [self.expr(c) for c in node.iter_child_nodes() if isinstance(c, nodes.Expr)]
                return self.run("<output>", *inner)

    def _item(self, node: nodes.Getitem) -> ir.Expr:
        from jinja2 import nodes

        receiver = self.expr(node.node)
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return ir.Attribute(self.n, receiver, node.arg.value)
        if isinstance(node.arg, nodes.Slice):
            return ir.Subscript(self.n, receiver, ir.Slice(self.n, None, None))
        return ir.Subscript(self.n, receiver, self.expr(node.arg))

    def _arguments(self, node: nodes.Call | nodes.Filter | nodes.Test) -> tuple[ir.Arg, ...]:
        from jinja2.nodes import Keyword

        out = [ir.Arg(self.expr(a)) for a in node.args]
        out += [ir.Arg(self.expr(k.value), str(k.key)) for k in node.kwargs if isinstance(k, Keyword)]
        if node.dyn_args is not None:
            out.append(ir.Arg(self.expr(node.dyn_args), None, "*"))
        if node.dyn_kwargs is not None:
            out.append(ir.Arg(self.expr(node.dyn_kwargs), None, "**"))
        return tuple(out)

    def _call(self, node: nodes.Call) -> ir.Expr:
        from jinja2 import nodes

        if isinstance(node.node, nodes.Name) and node.node.name == "super":
            return self.run("<super>", ir.Const(self.n, self.block))
        return ir.Call(self.n, self.expr(node.node), self._arguments(node))

    def _filter(self, node: nodes.Filter) -> ir.Expr:
        value = self.expr(node.node) if node.node is not None else ir.Const(self.n, "")
        return ir.Call(self.n, self.named(f"<filter {node.name}>"), (ir.Arg(value), *self._arguments(node)))

    def _test(self, node: nodes.Test) -> ir.Expr:
        value = self.expr(node.node)
        if node.name in _IDENTITY:
            return ir.Compare(self.n, value, ((_IDENTITY[node.name], ir.Const(self.n, None)),))
        return ir.Call(self.n, self.named(f"<test {node.name}>"), (ir.Arg(value), *self._arguments(node)))
