"""What the functions of the standard library are called with."""

from __future__ import annotations

from detachlint.domain.source import Site
from detachlint.interpret.frame import Arguments
from detachlint.interpret.values import Unknown, Value
from detachlint.parse import ir


def first_argument(args: Arguments) -> Value:
    """The first positional one."""
    return args.positional[0] if args.positional else Unknown("argument that is not given")


def node_at(site: Site) -> ir.Opaque:
    """A node for what is asked of a place."""
    return ir.Opaque(site.node)
