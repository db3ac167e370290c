"""Which SQLAlchemy the program runs with, where that matters."""

from __future__ import annotations

from dataclasses import dataclass

from detachlint.interpret.machine import Machine
from detachlint.parse import ir

# What nobody calls in a statement of its own under SQLAlchemy 2, where it has no effect.
_CONTINUES = frozenset(
    {"selectinload", "joinedload", "subqueryload", "immediateload", "contains_eager", "lazyload", "noload",
     "raiseload", "defaultload", "load_only", "undefer", "undefer_group"}
)  # fmt: skip


@dataclass(slots=True)
class _Version:
    """Whether it is SQLAlchemy 1; None: nobody has asked yet."""

    is_first: bool | None = None


def is_first(machine: Machine) -> bool:
    """Whether the program runs with SQLAlchemy 1: the options say so, or else the program itself, by
    continuing a loader option in a statement of its own.
    """
    noted = machine.note(_Version)
    if noted.is_first is None:
        told = machine.config.sqlalchemy
        noted.is_first = told.partition(".")[0] in ("0", "1") if told else _continues_options(machine)
    return noted.is_first


def _continues_options(machine: Machine) -> bool:
    return any(_is_continuation(module.ir.body) for module in machine.program.modules.values())


def _is_continuation(block: ir.Block) -> bool:
    todo: list[object] = list(block)
    while todo:
        match todo.pop():
            case ir.ExprStmt(value=ir.Call(func=ir.Attribute(value=ir.Name(), attr=name))):
                if name in _CONTINUES:
                    return True
            case (
                ir.FunctionDef(body=body)
                | ir.ClassDef(body=body)
                | ir.With(body=body)
                | ir.Handler(body=body)
            ):
                todo += body
            case ir.If(body=body, orelse=orelse) | ir.For(body=body, orelse=orelse):
                todo += (*body, *orelse)
            case ir.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody):
                todo += (*body, *handlers, *orelse, *finalbody)
            case _:
                pass
    return False
