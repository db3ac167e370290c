"""Dependencies of a route: what is called, in which order, and which result goes to which parameter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import Struct

from detachlint.frameworks.syntax import called_name
from detachlint.frameworks.type_values import ANNOTATED, Scope, module_value, type_value
from detachlint.interpret.expressions.evaluate import evaluate
from detachlint.interpret.frame import Frame, InfeasibleError, RaisedError
from detachlint.interpret.heap import Dictionary, Instance, State
from detachlint.interpret.objects.attribute import find_method
from detachlint.interpret.values import (
    NONE,
    ClassValue,
    Const,
    Function,
    LambdaValue,
    Library,
    Partial,
    Ref,
    Union,
    Value,
)
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External, ModuleInfo

DEPENDS = External("fastapi.Depends")
MAX_DEPTH = 12


class Parameter(Struct, frozen=True):
    """A parameter of something that FastAPI calls.

    Args:
        step: number of the step whose result it gets; None when the request fills it.
        type: its type without ``Annotated``.
    """

    name: str
    module: ModuleInfo
    annotation: ir.Expr | None
    type: Value | None
    step: int | None = None


class Step(Struct, frozen=True):
    """A dependency that is called once in a request.

    Args:
        ends_early: its exit runs when the response is made, not when it has been sent (``scope="function"``).
        attributes: what is set on the instance that was made: dependencies in the body of a class of routes.
    """

    callable: Value
    parameters: tuple[Parameter, ...]
    ends_early: bool = False
    attributes: tuple[Parameter, ...] = ()

    @property
    def is_generator(self) -> bool:
        return isinstance(self.callable, Function) and self.callable.info.node.is_generator

    @property
    def takes_more(self) -> bool:
        """Whether it takes any keywords: it has a ``__signature__`` that says which, as FastAPI asks that."""
        params = self.callable.info.node.params if isinstance(self.callable, Function) else ()
        return any(param.kind == "**" for param in params)


class Signature(Struct, frozen=True):
    """The parameters of a callable, and where they stand."""

    params: tuple[ir.Param, ...]
    module: ModuleInfo
    closure: tuple[tuple[str, Value], ...] = ()


@dataclass(slots=True)
class Solution:
    """All steps of a request, each behind those it needs."""

    steps: list[Step] = field(default_factory=list)
    numbers: dict[Value, int] = field(default_factory=dict)


def last_uses(steps: Sequence[Step], order: Sequence[int], endpoint: tuple[Parameter, ...]) -> dict[int, int]:
    """Step -> the position in ``order`` at which its result is used for the last time.

    Args:
        endpoint: the parameters of the route; the steps whose results it gets are left out.
    """
    used: dict[int, int] = {}
    for position, number in enumerate(order):
        used.setdefault(number, position)
        for parameter in (*steps[number].parameters, *steps[number].attributes):
            if parameter.step is not None:
                used[parameter.step] = position
    for parameter in endpoint:
        if parameter.step is not None:
            used.pop(parameter.step, None)
    return used


class Solver:
    """Works out the dependencies of one route.

    Args:
        overrides: the application's ``dependency_overrides``.
        provided: what is called for parameters of these names, or of these types (``by_type``).
    """

    def __init__(
        self, frame: Frame, overrides: Dictionary | None, provided: Mapping[str, Value] | None = None
    ) -> None:
        self.frame = frame
        self._provided = provided or {}
        self.solution = Solution()
        self._overrides = _by_stub(overrides) if overrides is not None else {}

    def parameters(self, callable_: Value, depth: int = 0) -> tuple[Parameter, ...]:
        """The parameters of ``callable_``; the steps they need are added to the solution."""
        signature = signature_of(self.frame, callable_)
        if depth > MAX_DEPTH:
            return ()
        if signature is None:
            return self._of_library(callable_, depth)
        found: list[Parameter] = []
        params = signature.params
        if depth == 0 and isinstance(callable_, Function) and is_method(callable_) and params:
            assert callable_.info.owner is not None
            step = self._receiver(callable_.info.owner)
            found.append(Parameter(params[0].name, signature.module, None, None, step))
            params = params[1:]
        for param in params:
            if param.kind not in ("normal", "keyword"):
                continue
            declared = self._declared(signature, param)
            wanted, depends = declared
            if depends is None:
                if param.default is None or _is_marker(param.default) or param.annotation is not None:
                    found.append(Parameter(param.name, signature.module, param.annotation, wanted))
                continue
            step = self.require(depends, wanted, depth + 1)
            found.append(Parameter(param.name, signature.module, param.annotation, wanted, step))
        return tuple(found)

    def _of_library(self, callable_: Value, depth: int) -> tuple[Parameter, ...]:
        """What a dependency that a library has made depends on, where a framework knows."""
        for requires in self.frame.machine.hooks("requires"):
            wanted: dict[str, Value] | None = requires(self.frame, callable_)
            if wanted is not None:
                steps = {
                    n: self.require(_depends_on(self._provided.get(n, d)), None, depth + 1)
                    for n, d in wanted.items()
                }
                return tuple(Parameter(n, self.frame.module, None, None, step) for n, step in steps.items())
        return ()

    def require(self, depends: Instance, declared: Value | None, depth: int = 0) -> int:
        """The number of the step for a ``Depends(...)``."""
        called = depends.fields.get("dependency", declared)
        callable_ = self._callable(called if called is not None and called != NONE else declared or NONE)
        cached = depends.fields.get("use_cache") != Const(False)
        known = self.solution.numbers.get(callable_) if cached else None
        if known is not None:
            return known
        parameters = self.parameters(callable_, depth)
        ends_early = depends.fields.get("scope") == Const("function")
        self.solution.steps.append(Step(callable_, parameters, ends_early))
        number = len(self.solution.steps) - 1
        self.solution.numbers[callable_] = number
        return number

    def _receiver(self, owner: ClassInfo) -> int:
        """The step that makes ``self`` for a route that stands in a class."""
        callable_ = ClassValue(owner)
        known = self.solution.numbers.get(callable_)
        if known is not None:
            return known
        parameters = self.parameters(callable_, 1)
        attributes: dict[str, Parameter] = {}
        program = self.frame.machine.program
        for base in reversed(program.mro(owner)):
            for name, node in program.members(base).items() if isinstance(base, ClassInfo) else ():
                if isinstance(node, ir.AnnAssign) and isinstance(base, ClassInfo):
                    param = ir.Param(name, "keyword", node.annotation, node.value)
                    wanted, depends = self._declared(Signature((), base.module), param)
                    if depends is not None:
                        step = self.require(depends, wanted, 1)
                        attributes[name] = Parameter(name, base.module, node.annotation, wanted, step)
        self.solution.steps.append(Step(callable_, parameters, False, tuple(attributes.values())))
        number = len(self.solution.steps) - 1
        self.solution.numbers[callable_] = number
        return number

    def _callable(self, value: Value) -> Value:
        """The object whose call is the dependency: an override of a stub, the ``__call__`` of an instance."""
        if isinstance(value, Function) and value in self._overrides and _is_stub(value):
            value = self.frame.split(self._overrides[value])
        instance = self.frame.instance(value)
        if instance is not None and isinstance(instance.cls, ClassInfo) and isinstance(value, Ref):
            method = find_method(self.frame, instance.cls, "__call__")
            if method is not None:
                return Function(method, value)
        return value

    def _declared(self, signature: Signature, param: ir.Param) -> tuple[Value | None, Instance | None]:
        """The parameter's type, and the ``Depends`` in its annotation or default."""
        wanted: Value | None = None
        depends: Instance | None = None
        if param.annotation is not None:
            scope = Scope(self.frame.machine, signature.module, dict(signature.closure))
            wanted = type_value(scope, param.annotation)
            if (
                isinstance(wanted, Partial)
                and isinstance(wanted.func, Library)
                and wanted.func.name.leaf == ANNOTATED
            ):
                for note in wanted.args[1:]:
                    depends = self._depends(note) or depends
                wanted = wanted.args[0]
        if param.default is not None and not isinstance(param.default, ir.Const):
            depends = self._depends(self._default(signature, param.default)) or depends
        if depends is None and self._provided:
            kind = by_type(wanted.name.leaf) if isinstance(wanted, Library) else ""
            found = self._provided.get(param.name, self._provided.get(kind))
            depends = _depends_on(found) if found is not None else None
        return wanted, depends

    def _default(self, signature: Signature, node: ir.Expr) -> Value:
        if not signature.closure:
            return module_value(self.frame.machine, signature.module, node)
        state = State(dict(signature.closure), self.frame.state.heap, self.frame.state.next_address)
        inner = Frame(self.frame.machine, signature.module, None, None, state)
        try:
            value = evaluate(inner, node)
        except (RaisedError, InfeasibleError):
            return NONE
        self.frame.state.heap = inner.state.heap
        self.frame.state.next_address = inner.state.next_address
        return value

    def _depends(self, value: Value) -> Instance | None:
        instance = self.frame.instance(value)
        return instance if instance is not None and instance.cls == DEPENDS else None


def by_type(name: str) -> str:
    """The key of what is called for parameters that are annotated with a library's type of that name."""
    return f"<{name}>"


def _depends_on(called: Value) -> Instance:
    return Instance(DEPENDS, {"dependency": called})


def _by_stub(overrides: Dictionary) -> dict[Value, Value]:
    """What ``app.dependency_overrides[stub] = own`` has set; the heap may have joined the entries."""
    found = dict(overrides.entries)
    if overrides.rest is not None:
        stubs, own = overrides.rest
        for stub in stubs.options if isinstance(stubs, Union) else (stubs,):
            found[stub] = own
    return found


def is_method(function: Function) -> bool:
    """A method that isn't bound: a route in the body of a class."""
    names = {called_name(d) for d in function.info.node.decorators}
    return (
        function.info.owner is not None
        and function.bound is None
        and not names & {"staticmethod", "classmethod"}
    )


def signature_of(frame: Frame, callable_: Value) -> Signature | None:
    """The parameters that FastAPI sees of a callable; None for a library's."""
    match callable_:
        case Function(info=info, bound=bound, closure=closure):
            params = info.node.params
            skip = bound is not None and bool(params)
            return Signature(params[1:] if skip else params, info.module, closure)
        case LambdaValue(node=node, module=module, closure=closure):
            return Signature(node.params, module, closure)
        case Partial(func=func, args=args, keywords=keywords):
            inner = signature_of(frame, func)
            if inner is None:
                return None
            given = dict(keywords)
            left = tuple(p for p in inner.params[len(args) :] if p.name not in given)
            return Signature(left, inner.module, inner.closure)
        case ClassValue(info=info):
            method = find_method(frame, info, "__init__")
            if method is None:
                return Signature(tuple(_dataclass_params(frame, info)), info.module)
            return Signature(method.node.params[1:], method.module)
        case _:
            return None


def _dataclass_params(frame: Frame, info: ClassInfo) -> Iterator[ir.Param]:
    program = frame.machine.program
    for base in reversed(program.mro(info)):
        if isinstance(base, ClassInfo):
            for name, node in program.members(base).items():
                if isinstance(node, ir.AnnAssign):
                    yield ir.Param(name, "keyword", node.annotation, node.value)


_MARKERS = frozenset({"Query", "Path", "Body", "Header", "Cookie", "Form", "File", "Security", "Depends"})


def _is_marker(node: ir.Expr) -> bool:
    return isinstance(node, ir.Call) and called_name(node) in _MARKERS


def _is_stub(function: Function) -> bool:
    """A placeholder that the application replaces: its body raises, or does nothing."""
    return all(
        isinstance(s, (ir.Raise, ir.Pass))
        or (isinstance(s, ir.ExprStmt) and isinstance(s.value, (ir.Const, ir.Opaque)))
        for s in function.info.node.body
    )
