"""Classes of the program that are called."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, Instance
from detachlint.interpret.objects import attribute, enums
from detachlint.interpret.values import ClassValue, Const, Function, Super, Tuple, Unknown, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo


def instantiate(frame: Frame, cls: ClassValue, args: Arguments, site: Site) -> Value:
    """``Cls(...)``."""
    for framework in frame.machine.that_know("construct"):
        value = framework.construct(frame, cls.info, args, site)
        if value is not None:
            return value
    program = frame.machine.program
    bases = {b.leaf for b in program.external_bases(cls.info)}
    if enums.is_enum(frame, cls.info):
        stated = args.get("value", 0)
        return enums.from_value(frame, cls.info, frame.split(stated or Unknown("enum member")))
    init = attribute.find_method(frame, cls.info, "__init__")
    if "NamedTuple" in bases:
        names = _field_names(frame, cls.info)
        given = dict(zip(names, args.positional, strict=False)) | dict(args.keywords)
        return Tuple(tuple(given.get(n, Unknown("default value")) for n in names), tuple(names))
    if "TypedDict" in bases:
        return frame.new(Dictionary(tuple((Const(k), v) for k, v in args.keywords)))
    own: dict[str, Value] = {"__class__": cls} if cls.closure else {}
    ref = frame.new(Instance(cls.info, own, cls.arguments))
    if init is not None:
        from detachlint.interpret.calls.invoke import call

        call(frame, Function(init, ref), args, site)
        return ref
    fields = dict(own)
    if bases & {"Exception", "BaseException"} or not is_dataclass(frame, cls.info):
        fields["args"] = Tuple(args.positional)
        fields.update(args.keywords)
    else:
        names = _field_names(frame, cls.info)
        fields.update(zip(_given_to_init(frame, cls.info, names), args.positional, strict=False))
        fields.update(args.keywords)
        for name in names:
            if name not in fields and not args.splat:
                default = attribute.class_variable_of(frame, cls.info, name)
                if default is not None:
                    fields[name] = default
    instance = frame.instance(ref)
    assert instance is not None
    frame.put(ref, replace(instance, fields=fields, declared=args.splat))
    for name in ("__post_init__", "__attrs_post_init__"):
        attribute.call_method(frame, ref, name, Arguments(), site)
    return ref


def is_dataclass(frame: Frame, cls: ClassInfo) -> bool:
    """Whether the constructor takes the annotated fields."""
    for base in frame.machine.program.mro(cls):
        if isinstance(base, ClassInfo):
            for node in base.node.decorators:
                last = node.func if isinstance(node, ir.Call) else node
                name = (
                    last.id
                    if isinstance(last, ir.Name)
                    else last.attr
                    if isinstance(last, ir.Attribute)
                    else ""
                )
                if name in ("dataclass", "define", "frozen", "attrs", "s", "mutable"):
                    return True
        elif base.leaf in ("BaseModel", "Struct", "BaseSettings"):
            return True
    return False


def _field_names(frame: Frame, cls: ClassInfo) -> list[str]:
    names: dict[str, None] = {}
    for base in reversed(frame.machine.program.mro(cls)):
        if isinstance(base, ClassInfo):
            for name, node in frame.machine.program.members(base).items():
                is_annotated = isinstance(node, ir.AnnAssign) and not is_class_variable(node.annotation)
                if is_annotated or (isinstance(node, ir.Assign) and _field_call(node.value) is not None):
                    names[name] = None
    return list(names)


def _field_call(node: ir.Expr | None) -> ir.Call | None:
    """``attr.ib(...)``, ``field(...)``: what says how a field is filled."""
    if not isinstance(node, ir.Call) or not isinstance(node.func, (ir.Name, ir.Attribute)):
        return None
    name = node.func.id if isinstance(node.func, ir.Name) else node.func.attr
    return node if name in ("field", "ib", "attrib") else None


def _given_to_init(frame: Frame, cls: ClassInfo, names: list[str]) -> list[str]:
    """The fields that the constructor takes: not those with ``init=False``."""
    left_out: set[str] = set()
    for base in frame.machine.program.mro(cls):
        members = frame.machine.program.members(base) if isinstance(base, ClassInfo) else {}
        for name in names:
            node = members.get(name)
            call = _field_call(node.value) if isinstance(node, (ir.Assign, ir.AnnAssign)) else None
            for arg in call.args if call is not None else ():
                if arg.keyword == "init" and isinstance(arg.value, ir.Const) and arg.value.value is False:
                    left_out.add(name)
    return [name for name in names if name not in left_out]


def is_class_variable(annotation: ir.Expr) -> bool:
    """``ClassVar[...]``."""
    return (
        isinstance(annotation, ir.Subscript)
        and isinstance(annotation.value, ir.Name)
        and annotation.value.id == "ClassVar"
    )


def super_value(frame: Frame, args: list[Value]) -> Value:
    """``super()`` or ``super(Cls, self)``."""
    owner = args[0].info if args and isinstance(args[0], ClassValue) else frame.owner
    receiver: Value | None = args[1] if len(args) > 1 else None
    if receiver is None and frame.function is not None and frame.function.node.params:
        receiver = frame.state.env.get(frame.function.node.params[0].name)
    if owner is None or receiver is None:
        return frame.unknown("super() outside a method")
    return Super(owner, receiver)
