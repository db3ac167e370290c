"""Methods of table models that make or change an instance.

Found by running sqlmodel 0.0.50: ``Hero.model_validate(source)`` reads the columns *and the relationships*
that the source has; ``sqlmodel_update(source)`` reads the columns only; ``model_dump``, ``repr``, ``==``, and
a response model that is the table model itself, look into ``__dict__`` and load nothing.
"""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import Place
from detachlint.domain.models import Column, Entity
from detachlint.domain.source import Site
from detachlint.frameworks.base import Nothing
from detachlint.frameworks.packed import entries
from detachlint.frameworks.reading import guarded_by, read, reading, validation_guards
from detachlint.interpret.calls.instantiate import instantiate
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, Instance
from detachlint.interpret.objects.attribute import get_attribute
from detachlint.interpret.values import NONE, ClassValue, Const, Ref, Super, Unknown, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo

_FROM_OBJECT = frozenset({"model_validate", "from_orm", "parse_obj", "validate"})
_DUMPS = frozenset({"model_dump", "dict"})
_TEXTS = frozenset({"model_dump_json", "json"})


class SqlModel(Nothing):
    """Implements the Framework protocol."""

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        match receiver:
            case ClassValue(info=info) if name in _FROM_OBJECT:
                entity = table_model(frame, info.qualname)
                return None if entity is None else self._validate(frame, receiver, entity, args, site)
            case Super(receiver=ClassValue() as target):
                return self.method(frame, target, name, args, site)
            case Super(receiver=Ref() as target) if name != "__init__":
                return self.method(frame, target, name, args, site)
            case Ref():
                obj = frame.entity(receiver)
                entity = table_model(frame, obj.entity) if obj is not None else None
                if entity is None:
                    return None
                return self._of_instance(frame, receiver, entity, name, args, site)
            case _:
                return None

    # ----------------------------------------------------------------- classes

    def _validate(
        self, frame: Frame, cls: ClassValue, entity: Entity, args: Arguments, site: Site
    ) -> Value | None:
        """``Hero.model_validate(source, update={...})``: a new instance, whatever the source was."""
        source = args.get("obj", 0)
        if source is None:
            return None
        source = frame.split(source)
        given: dict[str, Value] = {}
        with reading(frame, site, Place.SCHEMA, f"{entity.name}.model_validate"):
            with guarded_by(frame, validation_guards(frame)):
                given.update(self._taken(frame, source, [c.name for c in entity.columns], site))
            given.update(self._taken(frame, source, [r.name for r in entity.relationships], site))
        given.update(entries(frame, args.get("update")))
        return instantiate(frame, cls, Arguments((), tuple(given.items())), site)

    @staticmethod
    def _taken(frame: Frame, source: Value, names: list[str], site: Site) -> dict[str, Value]:
        """What ``source`` has of these names: attributes, or the entries of a dictionary."""
        known = frame.dictionary(source)
        if known is not None:
            found = entries(frame, source)
            if known.rest is not None:
                found = {**{n: Unknown("field of a table model") for n in names}, **found}
            return {n: v for n, v in found.items() if n in names}
        if not isinstance(source, Ref):
            return {} if isinstance(source, Const) else {n: frame.unknown("field") for n in names}
        taken: dict[str, Value] = {}
        for name in names:
            value = _attribute(frame, source, name, site)
            if value is not None:
                taken[name] = value
        return taken

    # --------------------------------------------------------------- instances

    def _of_instance(
        self, frame: Frame, ref: Ref, entity: Entity, name: str, args: Arguments, site: Site
    ) -> Value | None:
        if name == "sqlmodel_update":
            return self._update(frame, ref, entity, args, site)
        if name in _DUMPS:
            return frame.new(
                Dictionary(tuple((Const(c.name), frame.unknown("column")) for c in entity.columns))
            )
        if name in _TEXTS:
            return frame.unknown("JSON")
        if name in ("model_copy", "copy"):
            obj = frame.entity(ref)
            return frame.new(obj) if obj is not None else None
        return None

    def _update(self, frame: Frame, ref: Ref, entity: Entity, args: Arguments, site: Site) -> Value:
        """``hero.sqlmodel_update(source, update={...})`` sets what the source states."""
        source = frame.split(args.get("obj", 0) or NONE)
        names = [a.name for a in entity.attributes.values() if isinstance(a, Column)]
        if frame.entity(source) is not None or isinstance(frame.instance(source), Instance):
            given = self._taken(frame, source, names, site)
        else:
            given = entries(frame, source)
        given.update(entries(frame, args.get("update")))
        for name, value in given.items():
            for framework in frame.machine.that_know("assign"):
                if framework.assign(frame, ref, name, value, site):
                    break
        obj = frame.entity(ref)
        if obj is not None:
            frame.put(ref, replace(obj, changed=frozenset({"*"})))
        return ref


def table_model(frame: Frame, qualname: str) -> Entity | None:
    """The mapping of a class that is a SQLModel table; None for other mapped classes."""
    entity = frame.machine.graph.entities.get(qualname)
    info = frame.machine.program.classes.get(qualname)
    if entity is None or info is None:
        return None
    bases = frame.machine.program.external_bases(info)
    return entity if any(b.leaf == "SQLModel" or b.root == "sqlmodel" for b in bases) else None


def _attribute(frame: Frame, source: Ref, name: str, site: Site) -> Value | None:
    """``getattr(source, name)``, or None when it hasn't got it."""
    instance = frame.instance(source)
    if instance is None or not isinstance(instance.cls, ClassInfo):
        return read(frame, source, name, site) if frame.entity(source) is not None else None
    if name in instance.fields:
        return instance.fields[name]
    lineage = [b for b in frame.machine.program.mro(instance.cls) if isinstance(b, ClassInfo)]
    if not any(name in frame.machine.program.members(base) for base in lineage):
        return None
    return get_attribute(frame, source, name, ir.Opaque(site.node))
