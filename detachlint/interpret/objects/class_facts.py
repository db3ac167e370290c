"""What a class of the program knows of itself: its bases, its type arguments, its subclasses."""

from __future__ import annotations

from detachlint.interpret.frame import Arguments, Frame, InfeasibleError, RaisedError
from detachlint.interpret.heap import Instance, Sequence, State
from detachlint.interpret.values import ClassValue, Const, Function, Library, Tuple, Value
from detachlint.resolve.symbols import ClassInfo


def of_class(frame: Frame, cls: ClassValue, name: str) -> Value | None:
    """``Cls.__name__`` and its like; None for what is no attribute of every class."""
    match name:
        case "__name__" | "__qualname__":
            return Const(cls.info.name)
        case "__orig_bases__" | "__bases__":
            return Tuple(tuple(_bases(frame, cls.info, written=name == "__orig_bases__")))
        case "__args__":
            return Tuple(cls.arguments)
        case "__origin__":
            return ClassValue(cls.info)
        case "__mro__":
            lineage = frame.machine.program.mro(cls.info)
            return Tuple(tuple(ClassValue(c) if isinstance(c, ClassInfo) else Library(c) for c in lineage))
        case _:
            return None


def of_instance(frame: Frame, instance: Instance, name: str) -> Value | None:
    """The same by way of an object; ``__orig_class__`` is the class with the arguments it was made with."""
    if not isinstance(instance.cls, ClassInfo):
        return None
    cls = ClassValue(instance.cls, instance.arguments)
    match name:
        case "__class__" | "__orig_class__":
            return cls
        case "__orig_bases__":
            return of_class(frame, cls, name)
        case _:
            return None


def subclasses(frame: Frame, cls: ClassValue) -> Value:
    """``Cls.__subclasses__()``."""
    program = frame.machine.program
    direct = [
        info
        for _, info in sorted(program.classes.items())
        if any(symbol is cls.info for symbol, _ in program.bases(info))
    ]
    return frame.new(Sequence("list", tuple(ClassValue(i) for i in direct), None, not direct))


def created(frame: Frame, info: ClassInfo) -> None:
    """A class statement has run: the base's ``__init_subclass__`` is told of it."""
    program = frame.machine.program
    for base in program.mro(info)[1:]:
        method = program.method(base, "__init_subclass__") if isinstance(base, ClassInfo) else None
        if method is None:
            continue
        from detachlint.interpret.calls.invoke import call
        from detachlint.interpret.expressions.evaluate import evaluate

        keywords = tuple(
            (arg.keyword, evaluate(frame, arg.value))
            for arg in info.node.bases
            if arg.keyword is not None and arg.keyword != "metaclass"
        )
        call(
            frame,
            Function(method, ClassValue(info)),
            Arguments((), keywords),
            frame.site(info.node),
        )
        return


def _bases(frame: Frame, info: ClassInfo, *, written: bool) -> list[Value]:
    from detachlint.interpret.expressions.evaluate import evaluate

    found: list[Value] = []
    for symbol, expression in frame.machine.program.bases(info):
        if isinstance(symbol, ClassInfo) and not written:
            found.append(ClassValue(symbol))
            continue
        inner = Frame(frame.machine, info.module, None, None, State({}, {}, 0), namespace=True)
        try:
            found.append(evaluate(inner, expression))
        except (RaisedError, InfeasibleError):
            found.append(frame.unknown("base class"))
    return found
