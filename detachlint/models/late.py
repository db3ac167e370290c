"""Mappings that are made after the class: ``User.posts = relationship(...)`` and ``map_imperatively``."""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.models import Inheritance
from detachlint.models.declare import Declarations, add_declared, map_table_columns
from detachlint.models.drafts import Draft
from detachlint.models.mapped_classes import MappedClass
from detachlint.models.mapper_arguments import mapper_arguments
from detachlint.models.members import Member
from detachlint.models.roots import Root, Style
from detachlint.models.scope import Construct, Scope, Value, last_name
from detachlint.models.tables import Tables
from detachlint.parse import ir
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import ClassInfo

_MAPPER_CALLS = frozenset({"map_imperatively", "mapper"})


def add_late_attributes(program: Program, declarations: Declarations) -> None:
    """Attributes that are assigned to a mapped class at the top level of a module."""
    for module in program.modules.values():
        scope = Scope(program, module)
        for statement in module.ir.body:
            match statement:
                case ir.Assign(targets=(ir.Attribute(value=ir.Name() as owner, attr=name),), value=ir.Call()):
                    symbol = scope.symbol(owner)
                    draft = (
                        declarations.drafts.get(symbol.qualname) if isinstance(symbol, ClassInfo) else None
                    )
                    if draft is not None:
                        member = _member(draft, name, scope, statement)
                        for item in member.declared():
                            add_declared(draft, item)


def _member(draft: Draft, name: str, scope: Scope, statement: ir.Stmt) -> Member:
    return Member(name, draft.mapped.info, draft.mapped.info, scope, statement, is_sqlmodel=False)


def imperative_classes(program: Program, declarations: Declarations, tables: Tables) -> None:
    """``registry.map_imperatively(User, user_table, properties={...})``."""
    for module in program.modules.values():
        for node in _mapper_calls(module.ir.body):
            made = Scope(program, module).construct(node)
            if made is None:
                continue
            positional = made.arguments.positional
            symbol = positional[0].scope.symbol(positional[0].node) if positional else None
            if isinstance(symbol, ClassInfo) and symbol.qualname not in declarations.drafts:
                _map(program, declarations, tables, symbol, made)


def _mapper_calls(body: ir.Block) -> Iterator[ir.Call]:
    for statement in body:
        match statement:
            case ir.ExprStmt(value=ir.Call() as call) | ir.Assign(value=ir.Call() as call):
                if last_name(call.func) in _MAPPER_CALLS:
                    yield call
            case ir.FunctionDef(body=inner) | ir.If(body=inner):
                yield from _mapper_calls(inner)
            case _:
                pass


def _map(
    program: Program, declarations: Declarations, tables: Tables, cls: ClassInfo, made: Construct
) -> None:
    parent = next(
        (
            declarations.drafts[base.qualname]
            for base in program.mro(cls)[1:]
            if isinstance(base, ClassInfo) and base.qualname in declarations.drafts
        ),
        None,
    )
    arguments = made.arguments
    local = arguments.positional[1] if len(arguments.positional) > 1 else arguments.given("local_table")
    table = tables.of_variable(local, "") if local is not None else None
    if table is None and parent is None:
        return
    ancestry = tuple(base for base in program.mro(cls) if isinstance(base, ClassInfo))
    root = Root(parent.registry if parent is not None else "", Style.DECLARATIVE)
    mapped = MappedClass(cls, root, parent.mapped if parent is not None else None, (cls,), ancestry)
    draft = Draft(mapped, Scope(program, cls.module, cls), parent, mapper_arguments(arguments.keywords))
    declarations.drafts[cls.qualname] = draft
    above = parent.tables if parent is not None else ()
    if table is None:
        draft.table, draft.tables, draft.inheritance = above[-1] if above else None, above, Inheritance.SINGLE
    else:
        draft.table, draft.tables = table, (*above, table)
        draft.inheritance = Inheritance.JOINED if parent is not None else None
        map_table_columns(draft, table)
    properties = arguments.given("properties")
    if properties is not None:
        for name, value in properties.scope.items(properties.node).items():
            _property(draft, name, value)


def _property(draft: Draft, name: str, value: Value) -> None:
    statement = ir.Assign(value.node.n, (), value.node)
    member = _member(draft, name, value.scope, statement)
    for item in member.declared():
        add_declared(draft, item)
