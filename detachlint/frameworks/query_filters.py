"""Libraries that add criteria and an order to a statement: fastapi-filter, sqlalchemy-filters and their like.

What they give is a statement of the same objects with the same options.
"""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.frameworks.base import Nothing
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.values import Member, Ref, Statement, Unknown, Value
from detachlint.resolve.symbols import ClassInfo, External

_WORDS = ("filter", "sort", "order", "search")
_ROOTS = frozenset({"fastapi_filter", "sqlalchemy_filterset", "sqlalchemy_filters", "fastapi_filters"})


class QueryFilters(Nothing):
    """Implements the Framework protocol; asked last, when nobody else knows the function."""

    def call(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
        return _narrowed(frame, args) if _says_so(name.leaf) else None

    def member(self, frame: Frame, receiver: Value, name: str, site: Site) -> Value | None:
        instance = frame.instance(receiver)
        if instance is None or not isinstance(instance.cls, ClassInfo) or not _says_so(name):
            return None
        program = frame.machine.program
        if any(isinstance(b, ClassInfo) and name in program.members(b) for b in program.mro(instance.cls)):
            return None
        is_filter = any(base.root in _ROOTS for base in program.external_bases(instance.cls))
        return Member(receiver, name) if is_filter else None

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        is_library = isinstance(receiver, Unknown) or (isinstance(receiver, Ref) and frame.instance(receiver))
        return _narrowed(frame, args) if is_library and _says_so(name) else None


def _says_so(name: str) -> bool:
    return any(word in name.lower() for word in _WORDS)


def _narrowed(frame: Frame, args: Arguments) -> Value | None:
    statements = [value for value in args.all if isinstance(value, Statement)]
    if len(statements) != 1 or any(frame.session(value) is not None for value in args.all):
        return None
    statement = statements[0]
    return replace(statement, filtered=True, whole=False, sources=statement.sources | {"*"})
