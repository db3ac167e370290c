"""Attribute access: classes and instances of the program, modules, and what frameworks know."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.interpret.calls.decorated import decorator_names, function_value, is_property, looked_through
from detachlint.interpret.expressions.evaluate import evaluate
from detachlint.interpret.frame import Arguments, Frame, InfeasibleError, RaisedError
from detachlint.interpret.heap import Dictionary, EntityObject, Instance, SessionObject, State
from detachlint.interpret.library.single_dispatch import is_dispatcher
from detachlint.interpret.objects import class_facts, class_variables, enums, metaclasses
from detachlint.interpret.objects.overriding import choose_class
from detachlint.interpret.values import (
    NONE,
    ClassValue,
    Const,
    Function,
    LambdaValue,
    Library,
    Member,
    ModuleValue,
    Partial,
    Ref,
    Super,
    Tuple,
    Unknown,
    Value,
)
from detachlint.interpret.variables.set_later import value_of_reader
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External, FunctionInfo, ModuleSymbol

# What a class variable is while its own expression is evaluated.
BEING_EVALUATED = Unknown("class variable that needs itself")


def get_attribute(frame: Frame, receiver: Value, name: str, node: ir.Node) -> Value:
    """``receiver.name``."""
    receiver = frame.split(receiver)
    site = frame.site(node)
    for framework in frame.machine.that_know("member"):
        found = framework.member(frame, receiver, name, site)
        if found is not None:
            return found
    match receiver:
        case Ref():
            return _of_heap(frame, receiver, name, node)
        case ClassValue(info=info):
            return _of_class(frame, receiver, info, name, node)
        case ModuleValue(info):
            namespace = frame.machine.namespace(info)
            frame.machine.module_heap.note_read(info.key, name)
            if name in namespace:
                return value_of_reader(frame, info, name, namespace[name])
            from detachlint.interpret.variables.names import symbol_value

            return symbol_value(frame, frame.machine.program.member(ModuleSymbol(info), name))
        case Library(external):
            return Library(external.member(name))
        case Super(owner=owner, receiver=target):
            found = class_attribute(frame, _class_of(frame, target) or owner, name, target, node, after=owner)
            return found if found is not None else Member(receiver, name)
        case Tuple(items=items, names=names):
            if name in names:
                return items[names.index(name)]
            if name == "_mapping":
                return frame.new(Dictionary(tuple((Const(n), v) for n, v in zip(names, items, strict=False))))
            return Member(receiver, name)
        case Unknown():
            if receiver.type or receiver.symbol:
                return Member(receiver, name)
            return Unknown(receiver.reason)
        case Const(None):
            raise RaisedError(Unknown("exception", type="builtins.AttributeError"))
        case Const(str()):
            return _of_enum_member(frame, receiver, name, node) or Member(receiver, name)
        case Function() if name in ("__name__", "__qualname__"):
            return Const(looked_through(receiver).info.name)
        case Function() | LambdaValue() | Partial():
            return Member(receiver, name)
        case _:
            return Member(receiver, name)


def _of_enum_member(frame: Frame, receiver: Const, name: str, node: ir.Node) -> Value | None:
    known = enums.owner(frame, receiver)
    if known is None:
        return None
    cls, own = known
    match name:
        case "name" | "_name_":
            return Const(own)
        case "value" | "_value_":
            return enums.value_of(frame, cls, own)
        case _:
            return class_attribute(frame, cls, name, receiver, node)


def _class_of(frame: Frame, value: Value) -> ClassInfo | None:
    if isinstance(value, ClassValue):
        return value.info
    obj = frame.get(value)
    if isinstance(obj, EntityObject):
        return frame.machine.program.classes.get(obj.entity)
    if isinstance(obj, SessionObject):
        return frame.machine.program.classes.get(obj.cls)
    if isinstance(obj, Instance) and isinstance(obj.cls, ClassInfo):
        return obj.cls
    return None


def _of_heap(frame: Frame, ref: Ref, name: str, node: ir.Node) -> Value:
    obj = frame.get(ref)
    match obj:
        case Instance(cls=ClassInfo() as cls):
            if name in obj.fields:
                return obj.fields[name]
            known = class_facts.of_instance(frame, obj, name)
            if known is not None:
                return known
            if name == "__dict__":
                return frame.unknown("attribute dictionary")
            if obj.declared:
                from detachlint.interpret.objects.declared_fields import declared_field

                known = declared_field(frame, obj, name)
                if known is not None:
                    return known
            found = class_attribute(frame, cls, name, ref, node)
            if found is not None:
                return found
            method = find_method(frame, cls, "__getattr__")
            if method is not None:
                from detachlint.interpret.calls.invoke import call

                return call(frame, Function(method, ref), Arguments((Const(name),)), frame.site(node))
            return frame.unknown("attribute set elsewhere")
        case Instance(cls=External()):
            if name in obj.fields:
                return obj.fields[name]
            return Member(ref, name)
        case EntityObject():
            cls_info = frame.machine.program.classes.get(choose_class(frame, ref, obj, name))
            if cls_info is not None:
                if name == "__class__":
                    return ClassValue(cls_info)
                found = class_attribute(frame, cls_info, name, ref, node)
                if found is not None:
                    return found
            return Member(ref, name)
        case SessionObject():
            own = frame.machine.program.classes.get(obj.cls)
            found = class_attribute(frame, own, name, ref, node) if own is not None else None
            return found if found is not None else Member(ref, name)
        case _:
            return Member(ref, name)


def _of_class(frame: Frame, receiver: ClassValue, info: ClassInfo, name: str, node: ir.Node) -> Value:
    found = class_facts.of_class(frame, receiver, name) or metaclasses.own_property(
        frame, receiver, name, node
    )
    if found is None:
        found = class_attribute(frame, info, name, receiver, node)
    if found is None:
        found = metaclasses.attribute(frame, receiver, name, node)
    return found if found is not None else Member(receiver, name)


def find_method(frame: Frame, cls: ClassInfo, name: str) -> FunctionInfo | None:
    """The program's method of that name, by MRO."""
    program = frame.machine.program
    for base in program.mro(cls):
        if isinstance(base, ClassInfo):
            method = program.method(base, name)
            if method is not None:
                return method
    return None


def class_attribute(
    frame: Frame,
    cls: ClassInfo,
    name: str,
    receiver: Value,
    node: ir.Node,
    after: ClassInfo | None = None,
) -> Value | None:
    """What the class gives for ``receiver.name``: methods bound, properties called, class variables
    evaluated.

    Args:
        after: begin behind this class in the MRO (``super()``).
    """
    program = frame.machine.program
    lineage = program.mro(cls)
    if after is not None and after in lineage:
        lineage = lineage[lineage.index(after) + 1 :]
    for base in lineage:
        if not isinstance(base, ClassInfo):
            continue
        override = class_variables.stored(frame, base, name)
        if override is not None:
            return (
                override
                if isinstance(receiver, ClassValue)
                else _of_descriptor(frame, override, receiver, node)
            )
        members = program.members(base)
        if name not in members:
            continue
        nested = program.nested(base, name)
        if isinstance(nested, FunctionInfo):
            return _method(frame, nested, receiver, node)
        if isinstance(nested, ClassInfo):
            return ClassValue(nested)
        value = class_variable(frame, base, name, class_of_receiver(frame, receiver))
        if value is None:
            continue
        if isinstance(receiver, ClassValue):
            return value
        if isinstance(value, Function) and value.bound is None:
            return Function(value.info, receiver, value.closure)
        return _of_descriptor(frame, value, receiver, node)
    return None


def _of_descriptor(frame: Frame, value: Value, receiver: Value, node: ir.Node) -> Value:
    """A class variable read by way of an object: ``title = property(get_title)`` calls its function, the
    program's own descriptor its ``__get__``."""
    instance = frame.instance(value)
    if instance is None or receiver == value:
        return value
    if isinstance(instance.cls, ClassInfo):
        args = Arguments((receiver, class_of_receiver(frame, receiver) or NONE))
        found = call_method(frame, value, "__get__", args, frame.site(node))
        return found if found is not None else value
    if "fget" not in instance.fields:
        return value
    from detachlint.interpret.calls.invoke import call

    return call(frame, instance.fields["fget"], Arguments((receiver,)), frame.site(node))


def class_of_receiver(frame: Frame, receiver: Value) -> ClassValue | None:
    """The class of an object with what it has captured and is applied to; a class is its own."""
    if isinstance(receiver, ClassValue):
        return receiver
    instance = frame.instance(receiver)
    if instance is not None and isinstance(instance.cls, ClassInfo):
        own = instance.fields.get("__class__")
        return own if isinstance(own, ClassValue) else ClassValue(instance.cls, instance.arguments)
    info = _class_of(frame, receiver)
    return ClassValue(info) if info is not None else None


def class_variable(frame: Frame, cls: ClassInfo, name: str, made: ClassValue | None = None) -> Value | None:
    """The value of ``name`` in the class's own body; of a mere annotation, a value of that type.

    Args:
        made: the class by way of which it is read: one that a function makes has captured variables.
    """
    machine = frame.machine
    closure = dict(made.closure) if made is not None and made.info is cls else {}
    known = machine.class_values.get((cls.qualname, name)) if not closure else None
    if known is not None:
        return known
    node = machine.program.members(cls)[name]
    machine.class_values[cls.qualname, name] = BEING_EVALUATED
    inner = Frame(machine, cls.module, None, cls, State(closure, {}, 0), namespace=True, facts={})
    value: Value | None = None
    match node:
        case ir.Assign(value=expression):
            value = enums.member(frame, cls, name) or _guarded(inner, expression)
        case ir.AnnAssign(value=expression) if expression is not None:
            value = _guarded(inner, expression)
        case ir.AnnAssign(annotation=annotation):
            from detachlint.interpret.objects.annotation import annotated_value

            value = annotated_value(inner, cls.module, annotation)
        case _:
            pass
    if value is None or closure:
        del machine.class_values[cls.qualname, name]
        return value
    machine.class_values[cls.qualname, name] = value
    return value


def class_variable_of(frame: Frame, cls: ClassInfo, name: str) -> Value | None:
    """The class variable by MRO: the default of a dataclass field."""
    program = frame.machine.program
    for base in program.mro(cls):
        if isinstance(base, ClassInfo) and name in program.members(base):
            node = program.members(base)[name]
            if isinstance(node, ir.AnnAssign) and node.value is None:
                return None
            return class_variable(frame, base, name)
    return None


def _guarded(frame: Frame, expression: ir.Expr) -> Value:
    try:
        return evaluate(frame, expression)
    except (RaisedError, InfeasibleError):
        return Unknown("class variable")


def class_item(frame: Frame, cls: ClassValue, index: Value) -> Value | None:
    """``Enum["NAME"]``."""
    if (
        isinstance(index, Const)
        and isinstance(index.value, str)
        and index.value in frame.machine.program.members(cls.info)
    ):
        return enums.member(frame, cls.info, index.value)
    return None


def _method(frame: Frame, info: FunctionInfo, receiver: Value, node: ir.Node) -> Value:
    names = decorator_names(info)
    function = _closed(frame, function_value(frame, info), info, receiver)
    if "staticmethod" in names or info.name == "__new__":
        return function
    if "classmethod" in names or info.name in ("__init_subclass__", "__class_getitem__"):
        return _bind(frame, function, class_of_receiver(frame, receiver) or receiver)
    if is_property(info):
        if isinstance(receiver, ClassValue):
            return Member(receiver, info.name)
        from detachlint.interpret.calls.invoke import call

        getter = _closed(frame, Function(info, receiver), info, receiver)
        return call(frame, getter, Arguments(), frame.site(node))
    return function if isinstance(receiver, ClassValue) else _bind(frame, function, receiver)


def _closed(frame: Frame, function: Value, info: FunctionInfo, receiver: Value) -> Value:
    """A method of a class that a function makes sees the variables of that function."""
    if "<locals>" not in info.qualname or not isinstance(function, Function):
        return function
    cls = class_of_receiver(frame, receiver)
    return replace(function, closure=cls.closure) if cls is not None and cls.closure else function


def _bind(frame: Frame, function: Value, receiver: Value) -> Value:
    if isinstance(function, Function):
        return Function(function.info, receiver, function.closure) if function.bound is None else function
    if isinstance(function, Partial):
        return Partial(function.func, (*function.args, receiver), function.keywords)
    if is_dispatcher(frame, function):
        return Partial(function, (receiver,), ())
    return function


def call_method(frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
    """Call the program's own method ``name`` of a heap object; None when there is none."""
    cls = _class_of(frame, receiver)
    if cls is None:
        return None
    method = find_method(frame, cls, name)
    if method is None:
        return None
    from detachlint.interpret.calls.invoke import call

    function = _closed(frame, function_value(frame, method), method, receiver)
    return call(frame, _bind(frame, function, receiver), args, site)


def call_setter(frame: Frame, ref: Ref, instance: Instance, name: str, value: Value, node: ir.Node) -> bool:
    """``obj.name = value`` where ``name`` is a property with a setter."""
    cls = instance.cls
    if not isinstance(cls, ClassInfo):
        return False
    found = find_setter(frame, cls, name)
    if found is None:
        return False
    from detachlint.interpret.calls.invoke import call

    call(frame, Function(found, ref), Arguments((value,)), frame.site(node))
    return True


def find_setter(frame: Frame, cls: ClassInfo, name: str) -> FunctionInfo | None:
    """The function under ``@name.setter``."""
    program = frame.machine.program
    for base in program.mro(cls):
        if not isinstance(base, ClassInfo) or name not in program.members(base):
            continue
        for member in base.node.body:
            if isinstance(member, ir.FunctionDef) and member.name == name:
                for decorator in member.decorators:
                    if isinstance(decorator, ir.Attribute) and decorator.attr == "setter":
                        return program.declare_function(base.module, member, base.qualname, base)
    return None
