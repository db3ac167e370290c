"""What the program's repositories and services inherit: the session, the statement, the methods.

Source: advanced_alchemy/repository/_async.py and service/_async.py of 1.12, which Litestar names
``litestar.plugins.sqlalchemy.repository`` and ``.service``.
"""

from __future__ import annotations

from detachlint.domain.source import Site
from detachlint.frameworks.advanced_alchemy.parts import FIELDS, ROOTS, SERVICE, Kind, field, kind_of
from detachlint.frameworks.advanced_alchemy.providers import (
    BLOCK,
    NEW,
    call_provider,
    new_service,
    requirements,
)
from detachlint.frameworks.advanced_alchemy.repository import OPERATIONS, Repository
from detachlint.frameworks.advanced_alchemy.service import to_model, to_schema
from detachlint.frameworks.base import Nothing
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.objects.attribute import find_method
from detachlint.interpret.statements.assign import store_attribute
from detachlint.interpret.values import NONE, ClassValue, Member, Ref, Super, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External

# Methods of a service -> those of its repository.
_PASSED_ON = {**{name: name for name in OPERATIONS}, "create": "add", "create_many": "add_many"}


class AdvancedAlchemy(Nothing):
    """Implements the Framework protocol."""

    def call(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
        return call_provider(frame, name, args, site) if name.root in ROOTS else None

    @staticmethod
    def requires(frame: Frame, callee: Value) -> dict[str, Value] | None:
        """What a provider depends on: parameter -> dependency."""
        return requirements(frame, callee)

    def enter(self, frame: Frame, value: Value, site: Site) -> Value | None:
        instance = frame.instance(value)
        return instance.fields["service"] if instance is not None and instance.cls == BLOCK else None

    def member(self, frame: Frame, receiver: Value, name: str, site: Site) -> Value | None:
        if isinstance(receiver, ClassValue) and name == NEW:
            kind = kind_of(frame, receiver.info)
            return Member(receiver, name) if kind is not None and kind.part == SERVICE else None
        if not isinstance(receiver, Ref) or name not in _NAMES:
            return None
        instance = frame.instance(receiver)
        if instance is None or not isinstance(instance.cls, ClassInfo):
            return None
        kind = kind_of(frame, instance.cls)
        if kind is None or find_method(frame, instance.cls, name) is not None:
            return None
        if name in FIELDS:
            return field(frame, receiver, name, site)
        return Member(receiver, name) if name in _methods(kind) else None

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        if isinstance(receiver, ClassValue) and name == NEW:
            return new_service(frame, receiver, args, site) if kind_of(frame, receiver.info) else None
        if name not in _NAMES and name != "__init__":
            return None
        inherited = isinstance(receiver, Super)
        ref = receiver.receiver if isinstance(receiver, Super) else receiver
        instance = frame.instance(ref)
        if instance is None or not isinstance(ref, Ref) or not isinstance(instance.cls, ClassInfo):
            return None
        kind = kind_of(frame, instance.cls)
        if kind is None:
            return None
        if name == "__init__" and inherited:
            for key, value in args.keywords:
                store_attribute(frame, ref, key, value, ir.Opaque(site.node))
            return NONE
        if name not in _methods(kind) or (not inherited and find_method(frame, instance.cls, name)):
            return None
        if name == "to_schema":
            return to_schema(frame, args, site)
        if kind.part != SERVICE:
            return Repository(frame, ref, kind, site).run(name, args)
        if name in ("create", "update", "upsert"):
            args = to_model(frame, ref, instance.cls, name, args, site)
        repository = field(frame, ref, "repository", site)
        held = frame.instance(repository)
        if held is None or not isinstance(repository, Ref) or not isinstance(held.cls, ClassInfo):
            return None
        return Repository(frame, repository, kind, site).run(_PASSED_ON[name], args)


_NAMES = FIELDS | frozenset(_PASSED_ON) | {"to_schema"}


def _methods(kind: Kind) -> frozenset[str]:
    return frozenset({*_PASSED_ON, "to_schema"}) if kind.part == SERVICE else frozenset(OPERATIONS)
