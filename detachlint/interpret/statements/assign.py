"""Assignment targets."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.interpret.expressions.evaluate import evaluate
from detachlint.interpret.expressions.iterate import elements_of
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, EntityObject, Instance, Sequence, names_one
from detachlint.interpret.objects import class_variables
from detachlint.interpret.values import NONE, ClassValue, Const, ModuleValue, Ref, Unknown, Value, union
from detachlint.interpret.variables import cells
from detachlint.interpret.variables.module_heap import GLOBAL_VARIABLE
from detachlint.parse import ir
from detachlint.resolve.symbols import ModuleInfo

# How many entries of a dictionary are known one by one; what a template is given may have many names.
MAX_ENTRIES = 24
MAX_NAMES = 64


def bind(frame: Frame, target: ir.Expr, value: Value) -> None:
    """``target = value``."""
    match target:
        case ir.Name(id=name):
            set_name(frame, name, value)
        case ir.Attribute():
            set_attribute(frame, evaluate(frame, target.value), target, value)
        case ir.Subscript():
            _set_item(frame, target, value)
        case ir.Display(items=items):
            _unpack(frame, items, value, target)
        case ir.Starred(value=inner):
            bind(frame, inner, value)
        case _:
            pass


def set_name(frame: Frame, name: str, value: Value) -> None:
    """``name = value``, in the scope that the name belongs to; what was assumed of it holds no longer."""
    if name in frame.globals_declared:
        _keep(frame, frame.module, name, value)
    cells.store(frame, name, value)
    if frame.state.assumptions:
        frame.state.assumptions = {
            k: v for k, v in frame.state.assumptions.items() if name not in k.replace(".", " ").split()
        }


def _keep(frame: Frame, module: ModuleInfo, name: str, value: Value) -> None:
    """A function has set a variable of a module: others may find it."""
    namespace = frame.machine.namespace(module)
    before = namespace.get(name)
    if frame.instance(value) is not None and frame.instance(before) is not None:
        return  # made once, and found by all others
    module_heap = frame.machine.module_heap
    variable = module_heap.variable(module.key, name)
    slot = (variable, f"{module.key}.{name}")
    kept = module_heap.promote(
        frame.state.heap, value, slot, GLOBAL_VARIABLE, loading=frame.machine.loading > 0
    )
    typed = isinstance(kept, Unknown) and bool(kept.type)
    if kept is None or (isinstance(kept, Unknown) and before == NONE and not typed):
        return  # that it is set says nothing more than that
    module_heap.note_filled(*slot, kept)
    if before is None or (before == NONE and (typed or frame.instance(kept) is not None)):
        namespace[name] = kept
    else:
        namespace[name] = union([before, kept])


def set_attribute(frame: Frame, receiver: Value, target: ir.Attribute, value: Value) -> None:
    """``receiver.attr = value``."""
    store_attribute(frame, frame.split(receiver), target.attr, value, target)


def store_attribute(frame: Frame, receiver: Value, name: str, value: Value, node: ir.Node) -> None:
    """Set an attribute: by a framework, a setter of the program, or on the object."""
    for framework in frame.machine.that_know("assign"):
        if framework.assign(frame, receiver, name, value, frame.site(node)):
            return
    instance = frame.instance(receiver)
    if instance is not None and isinstance(receiver, Ref):
        from detachlint.interpret.objects.attribute import call_setter

        if call_setter(frame, receiver, instance, name, value, node):
            return
        frame.put(receiver, replace(instance, fields={**instance.fields, name: value}))
    elif isinstance(receiver, ClassValue):
        class_variables.store(frame, receiver.info, name, value, node)
    elif isinstance(receiver, ModuleValue):
        _keep(frame, receiver.info, name, value)


def _set_item(frame: Frame, target: ir.Subscript, value: Value) -> None:
    container = frame.split(evaluate(frame, target.value))
    key = evaluate(frame, target.index)
    obj = frame.get(container)
    assert not isinstance(target, ir.Name)
    if isinstance(container, Unknown):
        _keep_item(frame, target.value, container, key, value)
    if not isinstance(container, Ref):
        return
    match obj:
        case Dictionary():
            put_entry(frame, container, key, value)
        case Sequence():
            rest = value if obj.rest is None else union([obj.rest, value])
            frame.put(container, replace(obj, rest=rest, empty=False))
        case Instance() | EntityObject():
            from detachlint.interpret.objects.attribute import call_method

            call_method(frame, container, "__setitem__", Arguments((key, value)), frame.site(target))
        case _:
            pass


def _keep_item(frame: Frame, name: ir.Expr, container: Unknown, key: Value, value: Value) -> None:
    """``arguments["user"] = user`` on something unknown: a mapping, of which this is known from now on."""
    named = isinstance(key, Const) and isinstance(key.value, str)
    if named and isinstance(value, Ref) and isinstance(name, ir.Name) and name.id in frame.state.env:
        others = (Unknown("key"), Unknown(container.reason))
        frame.state.env[name.id] = frame.new(Dictionary(((key, value),), others))


def put_entry(frame: Frame, ref: Ref, key: Value, value: Value) -> None:
    """``ref[key] = value`` of a dict."""
    obj = frame.dictionary(ref)
    if obj is None:
        return
    if names_one(key):
        entries = tuple((k, v) for k, v in obj.entries if k != key)
        is_name = isinstance(key, Const) and isinstance(key.value, str)
        if len(entries) < (MAX_NAMES if is_name else MAX_ENTRIES):
            frame.put(ref, replace(obj, entries=(*entries, (key, value))))
            return
    rest = (key, value) if obj.rest is None else (union([obj.rest[0], key]), union([obj.rest[1], value]))
    frame.put(ref, replace(obj, rest=rest))


def _unpack(frame: Frame, targets: tuple[ir.Expr, ...], value: Value, node: ir.Expr) -> None:
    elements = elements_of(frame, frame.split(value), frame.site(node))
    items = elements.items
    rest: Value = elements.rest if elements.rest is not None else Unknown("unpacked value")
    star = next((i for i, t in enumerate(targets) if isinstance(t, ir.Starred)), None)
    if star is None:
        for i, target in enumerate(targets):
            bind(frame, target, items[i] if i < len(items) else rest)
        return
    after = len(targets) - star - 1
    for i in range(star):
        bind(frame, targets[i], items[i] if i < len(items) else rest)
    middle = items[star : len(items) - after] if after else items[star:]
    bind(frame, targets[star], frame.new(Sequence("list", tuple(middle), elements.rest)))
    for j in range(after):
        index = len(items) - after + j
        bind(frame, targets[star + 1 + j], items[index] if star <= index < len(items) else rest)


def delete(frame: Frame, target: ir.Expr) -> None:
    """``del target``."""
    match target:
        case ir.Name(id=name):
            frame.state.env.pop(name, None)
        case ir.Subscript():
            container = frame.split(evaluate(frame, target.value))
            key = evaluate(frame, target.index)
            obj = frame.dictionary(container)
            if obj is not None and isinstance(container, Ref):
                frame.put(container, replace(obj, entries=tuple((k, v) for k, v in obj.entries if k != key)))
        case ir.Attribute():
            receiver = frame.split(evaluate(frame, target.value))
            for framework in frame.machine.that_know("method"):
                framework.method(
                    frame, receiver, "__delattr__", Arguments((Const(target.attr),)), frame.site(target)
                )
        case _:
            pass
