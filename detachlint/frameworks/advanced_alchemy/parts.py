"""What repositories and services are made of: a model, a session, a statement, loader options."""

from __future__ import annotations

from dataclasses import dataclass

from detachlint.domain.source import Site
from detachlint.interpret.calls.invoke import call
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.objects.attribute import get_attribute
from detachlint.interpret.statements.assign import store_attribute
from detachlint.interpret.values import NONE, ClassValue, Library, Ref, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External

ROOTS = frozenset({"advanced_alchemy", "litestar"})
REPOSITORY, SERVICE = "repository", "service"
_PARTS = {
    "Repository": REPOSITORY,
    "SlugRepository": REPOSITORY,
    "RepositoryService": SERVICE,
    "RepositoryReadService": SERVICE,
}
FIELDS = frozenset({"session", "statement", "model_type", "repository"})
# What a service hands to its repository.
_HANDED_ON = ("session", "statement", "load", "auto_commit", "auto_refresh", "auto_expunge")


@dataclass(frozen=True, slots=True)
class Kind:
    """Which of the library's classes a class of the program inherits from."""

    part: str
    is_async: bool


def kind_of(frame: Frame, cls: ClassInfo) -> Kind | None:
    """``SQLAlchemyAsyncRepository`` and its like among the bases."""
    for base in frame.machine.program.external_bases(cls):
        if base.root not in ROOTS or not base.leaf.startswith("SQLAlchemy"):
            continue
        rest = base.leaf.removeprefix("SQLAlchemy")
        for prefix in ("Async", "Sync"):
            part = _PARTS.get(rest.removeprefix(prefix))
            if rest.startswith(prefix) and part is not None:
                return Kind(part, prefix == "Async")
    return None


def field(frame: Frame, ref: Ref, name: str, site: Site) -> Value:
    """What the library's constructor sets. An object that only an annotation tells of has an open session."""
    instance = frame.instance(ref)
    if instance is None or not isinstance(instance.cls, ClassInfo):
        return frame.unknown("attribute of a repository")
    known = instance.fields.get(name)
    if known is not None and known != NONE:
        return known
    kind = kind_of(frame, instance.cls)
    made: Value = frame.unknown("attribute of a repository")
    if name == "model_type":
        return model_of(frame, instance.cls, site)
    if name == "session":
        made = _open_session(frame, is_async=kind is None or kind.is_async)
    elif name == "statement":
        select = Library(External("sqlalchemy.select"))
        return call(frame, select, Arguments((model_of(frame, instance.cls, site),)), site)
    elif name == "repository" and kind is not None and kind.part == SERVICE:
        made = _repository(frame, ref, instance.cls, site)
    store_attribute(frame, ref, name, made, ir.Opaque(site.node))
    return made


def model_of(frame: Frame, cls: ClassInfo, site: Site) -> Value:
    """``model_type``, else the argument of the generic base."""
    for name in ("model_type", "repository_type"):
        found = class_variable(frame, cls, name, site)
        if isinstance(found, ClassValue):
            return found if name == "model_type" else model_of(frame, found.info, site)
    program = frame.machine.program
    for each in program.mro(cls):
        for base, node in program.bases(each) if isinstance(each, ClassInfo) else ():
            if isinstance(base, External) and base.root in ROOTS and isinstance(node, ir.Subscript):
                first = node.index.items[0] if isinstance(node.index, ir.Display) else node.index
                symbol = program.resolve(each.module, first) if isinstance(each, ClassInfo) else None
                if isinstance(symbol, ClassInfo):
                    return ClassValue(symbol)
    return frame.unknown("model of a repository")


def class_variable(frame: Frame, cls: ClassInfo, name: str, site: Site) -> Value | None:
    """``name`` of the class, where its body or an ancestor's sets it."""
    program = frame.machine.program
    if any(isinstance(b, ClassInfo) and name in program.members(b) for b in program.mro(cls)):
        return get_attribute(frame, ClassValue(cls), name, ir.Opaque(site.node))
    return None


def _repository(frame: Frame, ref: Ref, cls: ClassInfo, site: Site) -> Value:
    wanted = class_variable(frame, cls, "repository_type", site)
    if not isinstance(wanted, ClassValue):
        return frame.unknown("repository of a service")
    field(frame, ref, "session", site)
    instance = frame.instance(ref)
    given = instance.fields if instance is not None else {}
    keywords = tuple((name, given[name]) for name in _HANDED_ON if name in given)
    return call(frame, wanted, Arguments((), keywords), site)


def _open_session(frame: Frame, *, is_async: bool) -> Value:
    name = "sqlalchemy.ext.asyncio.AsyncSession" if is_async else "sqlalchemy.orm.Session"
    for framework in frame.machine.that_know("annotated"):
        found = framework.annotated(frame, External(name), ())
        if found is not None:
            return found
    return frame.unknown("session")
