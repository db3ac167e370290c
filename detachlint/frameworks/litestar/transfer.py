"""Data transfer objects: what a response of Litestar's reads of the mapped objects that a handler returns.

Source: litestar's reference/dto and Advanced Alchemy's ``SQLAlchemyDTO``; executed with litestar 2.25.
"""

from __future__ import annotations

from msgspec import Struct

from detachlint.domain.facts import Place
from detachlint.domain.models import Column, Relationship
from detachlint.domain.source import Site
from detachlint.frameworks.reading import read, reading
from detachlint.frameworks.type_values import ANNOTATED, Scope, module_value, type_value
from detachlint.interpret.expressions.iterate import elements_of
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import EntityObject, Instance, Sequence, State
from detachlint.interpret.machine import Machine
from detachlint.interpret.values import NONE, ClassValue, Const, Library, Partial, Ref, Tuple, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import Assigned, ClassInfo, External, FunctionInfo, ModuleInfo

CONFIG = "DTOConfig"
ROOTS = frozenset({"litestar", "starlite", "advanced_alchemy"})
_OBJECTS = "SQLAlchemyDTO"
# They give handlers without one a data transfer object of what these return.
_PLUGINS = frozenset({"SQLAlchemyPlugin", "SQLAlchemySerializationPlugin"})
_NAMES = ("return_dto", "dto")
_UNSEEN = frozenset({"private", "write-only"})


class Transfer(Struct, frozen=True):
    """Which attributes go into the response.

    Args:
        depth: how many relationships are followed one after the other.
        exclude: paths that are left out, with a number for the elements of a collection (``books.0.author``).
        include: where it is not empty, the only ones.
    """

    depth: int = 1
    exclude: frozenset[str] = frozenset()
    include: frozenset[str] = frozenset()

    def write(self, frame: Frame, value: Value, site: Site) -> None:
        """Read what the response takes of what the handler returned."""
        self._write(frame, value, site, "", 0)

    def _write(self, frame: Frame, value: Value, site: Site, path: str, level: int) -> None:
        value = frame.split(value)
        held = frame.get(value) if isinstance(value, Ref) else None
        match held:
            case EntityObject():
                self._write_entity(frame, value, held, site, path, level)
            case Sequence():
                elements = elements_of(frame, value, site)
                for each in (*elements.items, *([elements.rest] if elements.rest is not None else [])):
                    self._write(frame, each, site, path, level)
            case Instance(fields={"items": items}):  # a page
                self._write(frame, items, site, path, level)
            case _ if isinstance(value, Tuple):
                for each in value.items:
                    self._write(frame, each, site, path, level)
            case _:
                pass

    def _write_entity(
        self, frame: Frame, value: Value, obj: EntityObject, site: Site, path: str, level: int
    ) -> None:
        entity = frame.machine.graph.entities[obj.entity]
        for attribute in entity.attributes.values():
            if not isinstance(attribute, (Column, Relationship)) or not self._takes(path + attribute.name):
                continue
            if isinstance(attribute, Relationship) and level >= self.depth:
                continue
            if _is_unseen(frame.machine, obj.entity, attribute.name):
                continue
            with reading(frame, site, Place.SERIALISER, f"{entity.name}.{attribute.name}"):
                found = read(frame, value, attribute.name, site)
            if isinstance(attribute, Relationship) and found is not None and found != NONE:
                below = f"{path}{attribute.name}." + ("0." if attribute.uselist else "")
                self._write(frame, found, site, below, level + 1)

    def _takes(self, path: str) -> bool:
        if path in self.exclude:
            return False
        return not self.include or any(
            path == wanted or wanted.startswith(path + ".") or path.startswith(wanted + ".")
            for wanted in self.include
        )


def transfer_of(machine: Machine, info: FunctionInfo, decorator: ir.Call) -> Transfer | None:
    """What is made of what a handler returns: its own decorator says, or its controller, or a plugin."""
    for name in _NAMES:
        for arg in decorator.args:
            if arg.keyword == name and not (isinstance(arg.value, ir.Const) and arg.value.value is None):
                return _transfer(machine, info.module, type_value(Scope(machine, info.module), arg.value))
        given = _of_class(machine, info.owner, name) if info.owner is not None else None
        if given is not None and not any(arg.keyword == name for arg in decorator.args):
            return _transfer(machine, info.module, given)
    return Transfer() if has_plugin(machine) else None


def has_plugin(machine: Machine) -> bool:
    """Whether the program has a plugin that serialises mapped objects."""
    return any(
        isinstance(node, ir.ImportFrom) and any(name in _PLUGINS for name, _ in node.names or ())
        for module in machine.program.modules.values()
        for node in module.ir.body
    )


def _of_class(machine: Machine, cls: ClassInfo, name: str) -> Value | None:
    """The type that a variable of a class, or of an ancestor, names."""
    for base in machine.program.mro(cls):
        node = machine.program.members(base).get(name) if isinstance(base, ClassInfo) else None
        if (
            isinstance(base, ClassInfo)
            and isinstance(node, (ir.Assign, ir.AnnAssign))
            and node.value is not None
        ):
            return type_value(Scope.of_class(machine, base, {}), node.value)
    return None


def _transfer(machine: Machine, module: ModuleInfo, wanted: Value) -> Transfer | None:
    """``SQLAlchemyDTO[Author]``, ``SQLAlchemyDTO[Annotated[Author, DTOConfig()]]`` or a class made of one."""
    match wanted:
        case Partial(func=Library(name=name), args=(model, *_)) if name.leaf == _OBJECTS:
            if isinstance(model, Partial) and isinstance(model.func, Library):
                notes = model.args[1:] if model.func.name.leaf == ANNOTATED else ()
                return next(
                    (c for c in (_configured(machine, module, note) for note in notes) if c), Transfer()
                )
            return Transfer()
        case ClassValue(info=info):
            program = machine.program
            if not any(isinstance(b, External) and b.leaf == _OBJECTS for b in program.mro(info)):
                return None
            node = program.members(info).get("config")
            if isinstance(node, (ir.Assign, ir.AnnAssign)) and node.value is not None:
                return (
                    _configured(machine, info.module, module_value(machine, info.module, node.value))
                    or Transfer()
                )
            bases = [type_value(Scope(machine, info.module), b) for _, b in program.bases(info)]
            return next(
                (t for t in (_transfer(machine, info.module, base) for base in bases) if t), Transfer()
            )
        case _:
            return None


def _configured(machine: Machine, module: ModuleInfo, config: Value) -> Transfer | None:
    frame = Frame(machine, module, None, None, State({}, {}, 0), namespace=True)
    instance = frame.instance(config)
    if instance is None or not isinstance(instance.cls, External) or CONFIG not in instance.cls.leaf:
        return None
    depth = instance.fields.get("max_nested_depth")
    known = depth.value if isinstance(depth, Const) and isinstance(depth.value, int) else 1
    return Transfer(known, _paths(frame, instance, "exclude"), _paths(frame, instance, "include"))


def _paths(frame: Frame, instance: Instance, name: str) -> frozenset[str]:
    listed = frame.sequence(instance.fields.get(name))
    items = listed.items if listed is not None else ()
    return frozenset(v.value for v in items if isinstance(v, Const) and isinstance(v.value, str))


def _is_unseen(machine: Machine, entity: str, name: str) -> bool:
    """Whether ``info=dto_field("private")`` keeps the attribute out; so does one that is not understood."""
    cls = machine.program.classes.get(entity)
    for base in machine.program.mro(cls) if cls is not None else ():
        node = machine.program.members(base).get(name) if isinstance(base, ClassInfo) else None
        if node is None or not isinstance(base, ClassInfo):
            continue
        call = node.value if isinstance(node, (ir.Assign, ir.AnnAssign)) else None
        given = [a.value for a in call.args if a.keyword == "info"] if isinstance(call, ir.Call) else []
        return bool(given) and _mark(machine, base, given[0]) in _UNSEEN
    return False


def _mark(machine: Machine, cls: ClassInfo, info: ir.Expr) -> str:
    if isinstance(info, (ir.Name, ir.Attribute)):
        symbol = machine.program.resolve(cls.module, info)
        info = symbol.value if isinstance(symbol, Assigned) and symbol.value is not None else info
    if not isinstance(info, ir.Call) or not info.args:
        return "private"
    mark = info.args[0].value
    return mark.value if isinstance(mark, ir.Const) and isinstance(mark.value, str) else "private"
