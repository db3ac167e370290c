"""How a program makes its sessions, for those of which only the type is known.

Many are made in a function or a method that the analysis may never run, or whose result it loses on the way.
Their options can be read all the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from detachlint.frameworks.syntax import calls_in
from detachlint.interpret.frame import Frame
from detachlint.interpret.machine import Machine
from detachlint.parse import ir
from detachlint.resolve.modules import shared_folders
from detachlint.resolve.symbols import ClassInfo, External, Missing, ModuleInfo

SESSIONS = {"Session": False, "AsyncSession": True, "sync_session": False}
FACTORIES = {"sessionmaker": False, "async_sessionmaker": True}
OF_FASTAPI_SQLA = {
    "open_session": False,
    "SessionDependency": False,
    "open_async_session": True,
    "AsyncSessionDependency": True,
}
"""What gives sessions of fastapi-sqla: the blocks commit and close them. Asynchronous ones do not expire.

Source: fastapi_sqla/sqla.py and async_sqla.py.
"""
_CONFIGURATIONS = {"SyncSessionConfig": False, "AsyncSessionConfig": True}  # of Advanced Alchemy
_MAKERS = {**SESSIONS, **FACTORIES, **_CONFIGURATIONS}
# Names that say enough where a function imports them.
_LOCAL = frozenset({"async_sessionmaker", "sessionmaker", "AsyncSession", *_CONFIGURATIONS})
_LIBRARIES = frozenset({"sqlalchemy", "sqlmodel", "advanced_alchemy", "litestar"})


class Maker(Struct, frozen=True):
    """A call that makes sessions, or a factory of them.

    Args:
        expires, flushes: ``expire_on_commit`` and ``autoflush``; None where the call does not tell.
    """

    path: str
    is_async: bool
    expires: bool | None
    flushes: bool | None


class Makers(Struct, frozen=True):
    """All of a program."""

    found: tuple[Maker, ...]

    @classmethod
    def of(cls, machine: Machine) -> Makers:
        modules = machine.program.modules
        return machine.note(
            cls, lambda: cls(tuple([maker for m in modules.values() for maker in _in(machine, m)]))
        )

    def nearest(self, path: str, *, is_async: bool) -> list[Maker]:
        """Those of the kind whose files share most folders with ``path``."""
        of_kind = [maker for maker in self.found if maker.is_async is is_async]
        closest = max((shared_folders(maker.path, path) for maker in of_kind), default=0)
        return [maker for maker in of_kind if shared_folders(maker.path, path) == closest]


def nearest_paths(frame: Frame, *, is_async: bool) -> set[str]:
    """The files in which they are."""
    return {maker.path for maker in Makers.of(frame.machine).nearest(frame.module.path, is_async=is_async)}


def expires(frame: Frame, *, is_async: bool) -> bool:
    """Whether a session of which only the type is known expires its objects on commit: where its nearest
    makers disagree nobody knows, and it is not blamed.
    """
    makers = Makers.of(frame.machine)
    nearest = makers.nearest(frame.module.path, is_async=is_async)
    if any(maker.path == frame.module.path for maker in nearest):
        # Who is given a session and makes others is given one that may come from anywhere.
        nearest = [maker for maker in makers.found if maker.is_async is is_async]
    return all(maker.expires is True for maker in nearest)


def flushes(frame: Frame, *, is_async: bool) -> bool:
    """The same for ``autoflush``."""
    nearest = Makers.of(frame.machine).nearest(frame.module.path, is_async=is_async)
    return not nearest or any(maker.flushes is not False for maker in nearest)


def _in(machine: Machine, module: ModuleInfo) -> Iterator[Maker]:
    for call in calls_in(machine, module.path):
        name = machine.program.resolve(module, call.func)
        if isinstance(name, External) and name.root == "fastapi_sqla" and name.leaf in OF_FASTAPI_SQLA:
            waits = OF_FASTAPI_SQLA[name.leaf]
            yield Maker(module.path, waits, not waits, True)
            continue
        is_async = _makes(machine, module, call.func)
        if is_async is None or (not call.args and _is_missing(machine, module, call.func)):
            continue  # a parameter of that name is called
        given = next((a.value for a in call.args if a.keyword == "class_"), None)
        if given is not None:
            declared = _makes(machine, module, given)
            is_async = is_async if declared is None else declared
        yield Maker(module.path, is_async, _flag(call, "expire_on_commit"), _flag(call, "autoflush"))


def _makes(machine: Machine, module: ModuleInfo, node: ir.Expr) -> bool | None:
    """Whether what a call names makes asynchronous sessions, or others; None: it makes none."""
    match machine.program.resolve(module, node):
        case External() as name if name.root in _LIBRARIES:
            return _MAKERS.get(name.leaf)
        case ClassInfo() as cls:
            bases = [b for b in machine.program.external_bases(cls) if b.root in _LIBRARIES]
            return next((SESSIONS[b.leaf] for b in bases if b.leaf in SESSIONS), None)
        case Missing(name=name) if name in _LOCAL:
            return _MAKERS[name] if isinstance(node, ir.Name) else None  # imported in a function
        case _:
            return None


def _is_missing(machine: Machine, module: ModuleInfo, node: ir.Expr) -> bool:
    return isinstance(machine.program.resolve(module, node), Missing)


def _flag(call: ir.Call, name: str) -> bool | None:
    """What a call says of an option that is on unless it is turned off."""
    for arg in call.args:
        if arg.keyword == name:
            given = arg.value.value if isinstance(arg.value, ir.Const) else None
            return given if isinstance(given, bool) else None
    return None if any(arg.star == "**" for arg in call.args) else True
