"""Functions of the standard library that look into objects or make new ones, and the methods of those."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.interpret.conditions.attribute_tests import has_attribute
from detachlint.interpret.conditions.class_tests import class_of_object
from detachlint.interpret.expressions.iterate import elements_of
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, EntityObject, Instance, Sequence
from detachlint.interpret.library import single_dispatch
from detachlint.interpret.library.arguments import first_argument, node_at
from detachlint.interpret.objects import attribute
from detachlint.interpret.statements.managers import STACKS, leave_value, push
from detachlint.interpret.values import (
    NONE,
    ClassValue,
    Const,
    Library,
    Partial,
    Ref,
    Tuple,
    Unknown,
    Value,
    union,
)
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External

NAMESPACES = (
    External("types.SimpleNamespace"),
    External("argparse.Namespace"),
    External("threading.local"),
)


def call_getattr(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    receiver, key = first_argument(args), args.get("name", 1)
    if isinstance(key, Const) and isinstance(key.value, str):
        default = args.get("default", 2)
        instance = frame.instance(frame.split(receiver))
        if instance is not None and instance.cls in NAMESPACES and key.value not in instance.fields:
            return default if default is not None else frame.unknown("attribute set elsewhere")
        if default is not None and has_attribute(frame, frame.split(receiver), key.value) is False:
            return default
        return attribute.get_attribute(frame, receiver, key.value, node_at(site))
    if isinstance(key, Unknown) and key.affixes is not None:
        methods = _methods_named_like(frame, frame.split(receiver), key.affixes, site)
        if methods is not None:
            return methods
    return frame.unknown("attribute by a name that is not constant")


def _methods_named_like(frame: Frame, receiver: Value, affixes: tuple[str, str], site: Site) -> Value | None:
    """``getattr(self, "process_" + verb)``: one of the methods with such a name; None where there is none."""
    instance = frame.instance(receiver)
    if instance is not None:
        cls = instance.cls
    elif isinstance(receiver, ClassValue):
        cls = receiver.info
    else:
        return None
    if not isinstance(cls, ClassInfo):
        return None
    program = frame.machine.program
    start, end = affixes
    names = {
        name
        for base in program.mro(cls)
        if isinstance(base, ClassInfo)
        for name, node in program.members(base).items()
        if isinstance(node, ir.FunctionDef) and name.startswith(start) and name.endswith(end)
    }
    found = [attribute.get_attribute(frame, receiver, name, node_at(site)) for name in sorted(names)]
    return union(found) if found else None


def call_setattr(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.statements.assign import store_attribute

    if len(args.positional) == 3:
        receiver, key, value = args.positional
        if isinstance(key, Const) and isinstance(key.value, str):
            store_attribute(frame, frame.split(receiver), key.value, value, node_at(site))
        else:
            for framework in frame.machine.that_know("assign"):
                framework.assign(frame, frame.split(receiver), "", value, site)
    return NONE


def call_type(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    value = frame.split(first_argument(args))
    obj = frame.get(value)
    if isinstance(obj, EntityObject) and isinstance(value, Ref):
        info = frame.machine.program.classes.get(class_of_object(frame, value, obj))
        if info is not None:
            return ClassValue(info)
    if isinstance(obj, Instance):
        return ClassValue(obj.cls) if isinstance(obj.cls, ClassInfo) else Library(obj.cls)
    return frame.unknown("class of something unknown")


def call_issubclass(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    cls, wanted = frame.split(first_argument(args)), args.get("class_or_tuple", 1)
    options = wanted.items if isinstance(wanted, Tuple) else (wanted,)
    known = [
        o.info if isinstance(o, ClassValue) else o.name
        for o in options
        if isinstance(o, (ClassValue, Library))
    ]
    if not isinstance(cls, ClassValue) or len(known) < len(options):
        return frame.unknown("issubclass")
    lineage = frame.machine.program.mro(cls.info)
    return Const(any(o in lineage for o in known))


def call_property(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    """``title = property(get_title)`` in the body of a class."""
    getter = args.get("fget", 0)
    return frame.new(Instance(name, {"fget": getter} if getter is not None else {}))


def call_get_args(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    """``get_args(Repository[Order])``, ``get_origin(...)``."""
    cls = frame.split(first_argument(args))
    if not isinstance(cls, ClassValue):
        return frame.unknown("type argument")
    if name.leaf == "get_origin":
        return ClassValue(cls.info) if cls.arguments else NONE
    return Tuple(cls.arguments)


def call_split(frame: Frame, text: str, args: Arguments) -> Value:
    """``"customer.organization".split(".")``."""
    separator = args.get("sep", 0)
    if len(args.all) > 1 or not (separator is None or isinstance(separator, Const)):
        return frame.new(Sequence("list", (), frame.unknown("part of a string")))
    between = separator.value if separator is not None else None
    if between is not None and (not isinstance(between, str) or not between):
        return frame.unknown("string")
    parts = text.split(between)
    return frame.new(Sequence("list", tuple(Const(p) for p in parts), None, not parts))


def call_partial(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    return Partial(first_argument(args), args.positional[1:], args.keywords)


def new_object(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    """An object of the library, of which only its class is known."""
    fields = {"default": args.keywords[0][1]} if args.keywords and args.keywords[0][0] == "default" else {}
    return frame.new(Instance(name, fields))


def call_queue(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    return frame.new(Sequence("list", (), None, None))


def call_field(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    from detachlint.interpret.calls.invoke import call as invoke_call

    factory = args.get("default_factory") or args.get("factory")
    if factory is not None:
        return invoke_call(frame, factory, Arguments(), site)
    default = args.get("default")
    made = frame.instance(default)
    if made is not None and made.cls == _FACTORY and made.arguments:
        return invoke_call(frame, made.arguments[0], Arguments(), site)
    return default if default is not None else Unknown("dataclass field")


_FACTORY = External("attr.Factory")


def call_factory(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    """``attr.Factory(list)``, the default of a field."""
    return frame.new(Instance(_FACTORY, {}, args.positional[:1]))


def call_namespace(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    """``types.SimpleNamespace(**fields)``, ``argparse.Namespace``, ``threading.local()``."""
    return frame.new(Instance(name, dict(args.keywords)))


def call_getter(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    return frame.new(Instance(name, dict(args.keywords), args.positional))


def call_asdict(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    for framework in frame.machine.that_know("method"):
        found = framework.method(frame, frame.split(first_argument(args)), "__asdict__", Arguments(), site)
        if found is not None:
            return found
    instance = frame.instance(frame.split(first_argument(args)))
    if instance is not None:
        return frame.new(Dictionary(tuple((Const(k), v) for k, v in instance.fields.items())))
    return frame.unknown("dict of a dataclass")


def call_replace(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    instance = frame.instance(first_argument(args))
    if instance is not None:
        return frame.new(replace(instance, fields={**instance.fields, **dict(args.keywords)}))
    return frame.unknown("copy")


_TOKEN = External("contextvars.Token")


def _set_variable(frame: Frame, ref: Ref, variable: Instance, value: Value | None) -> None:
    fields = {name: held for name, held in variable.fields.items() if name != "value"}
    frame.put(ref, replace(variable, fields=fields if value is None else {**fields, "value": value}))


def call_namedtuple(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    """``namedtuple("Pair", ["left", "right"])``, ``NamedTuple("Pair", [("left", int), ...])``."""
    listed = args.get("field_names", 1) or args.get("fields", 1)
    if isinstance(listed, Const) and isinstance(listed.value, str):
        names: list[Value] = [Const(n) for n in listed.value.replace(",", " ").split()]
    elif listed is None:
        names = [Const(keyword) for keyword, _ in args.keywords]
    else:
        elements = elements_of(frame, frame.split(listed), site)
        names = [i.items[0] if isinstance(i, Tuple) and i.items else i for i in elements.items]
    return frame.new(Instance(_NAMED_TUPLE, {}, tuple(names)))


_NAMED_TUPLE = External("collections.namedtuple")


def _new_named_tuple(frame: Frame, made_by: Instance, name: str, args: Arguments, site: Site) -> Value | None:
    names = tuple([str(n.value) for n in made_by.arguments if isinstance(n, Const)])
    positional = args.positional
    if name == "_make" and positional:
        positional = elements_of(frame, frame.split(positional[0]), site).items
    elif name != "__call__":
        return None
    given = dict(zip(names, positional, strict=False)) | dict(args.keywords)
    return Tuple(tuple([given.get(n, Unknown("default value")) for n in names]), names)


def object_method(
    frame: Frame, ref: Ref, instance: Instance, name: str, args: Arguments, site: Site
) -> Value | None:
    """A method of an object that a library's function has made."""
    leaf = instance.cls.leaf if isinstance(instance.cls, External) else ""
    if instance.cls == _NAMED_TUPLE:
        return _new_named_tuple(frame, instance, name, args, site)
    if leaf == "ContextVar":
        if name == "set" and args.positional:
            before = instance.fields.get("value")
            _set_variable(frame, ref, instance, args.positional[0])
            return frame.new(Instance(_TOKEN, {} if before is None else {"old": before}))
        if name == "get":
            value = instance.fields.get("value")
            default = instance.fields.get("default") or (args.positional[0] if args.positional else None)
            if value is None:
                return default if default is not None else frame.unknown("value of a context variable")
            return value
        if name == "reset":
            token = frame.instance(args.get("token", 0))
            if token is not None and token.cls == _TOKEN:
                _set_variable(frame, ref, instance, token.fields.get("old"))
            return NONE
    if leaf in single_dispatch.DISPATCHERS:
        if name == "__call__":
            return single_dispatch.dispatch(frame, instance, args, site)
        if name == "register":
            return single_dispatch.register(frame, ref, args)
    if leaf in STACKS:
        if name in ("enter_context", "enter_async_context") and args.positional:
            return push(frame, ref, frame.split(args.positional[0]), site)
        if name in ("close", "aclose"):
            leave_value(frame, ref, site, failed=False)
            return NONE
        if name == "pop_all":
            frame.put(ref, replace(instance, arguments=()))
            return frame.new(instance)
        if name in ("push", "push_async_exit", "callback", "push_async_callback"):
            return NONE
    if name == "__call__" and args.positional and leaf in _GETTERS:
        return _GETTERS[leaf](frame, instance, args.positional[0], site)
    return None


def _get_attributes(frame: Frame, getter: Instance, receiver: Value, site: Site) -> Value:
    results = []
    for path in getter.arguments:
        value = receiver
        if isinstance(path, Const) and isinstance(path.value, str):
            for part in path.value.split("."):
                value = attribute.get_attribute(frame, value, part, node_at(site))
        results.append(value)
    return results[0] if len(results) == 1 else Tuple(tuple(results))


def _get_items(frame: Frame, getter: Instance, receiver: Value, site: Site) -> Value:
    from detachlint.interpret.expressions.operators import item

    results = [item(frame, frame.split(receiver), key, site) for key in getter.arguments]
    return results[0] if len(results) == 1 else Tuple(tuple(results))


def _call_method(frame: Frame, getter: Instance, receiver: Value, site: Site) -> Value:
    from detachlint.interpret.calls.invoke import call as invoke_call

    name = getter.arguments[0] if getter.arguments else NONE
    if not isinstance(name, Const) or not isinstance(name.value, str):
        return frame.unknown("method by a name that is not constant")
    method = attribute.get_attribute(frame, receiver, name.value, node_at(site))
    keywords = tuple(getter.fields.items())
    return invoke_call(frame, method, Arguments(getter.arguments[1:], keywords), site)


_GETTERS = {"attrgetter": _get_attributes, "itemgetter": _get_items, "methodcaller": _call_method}
