"""Statements: each takes one path and gives the paths that go on and those that leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from detachlint.interpret import exceptions
from detachlint.interpret.assign import bind, delete
from detachlint.interpret.canonical import reachable
from detachlint.interpret.evaluate import decorate_local, evaluate, generator_frame
from detachlint.interpret.frame import Choices, Frame, InfeasibleError, RaisedError
from detachlint.interpret.heap import EntityObject, SessionObject, State
from detachlint.interpret.iterate import Elements, elements_of, mark_empty
from detachlint.interpret.likeness import likeness
from detachlint.interpret.managers import enter_value, leave_value
from detachlint.interpret.narrow import decide, decide_pattern
from detachlint.interpret.values import (
    NONE,
    ClassValue,
    Const,
    Generator,
    Unknown,
    Value,
)
from detachlint.parse import ir
from detachlint.resolve.symbols import ModuleInfo

if TYPE_CHECKING:
    from detachlint.interpret.machine import Machine

MAX_STATES = 6
MAX_HEADS = 3
MAX_ROUNDS = 3
# Statements times paths that one activation may cost; past it one path is followed to the end.
MAX_WORK = 1000


@dataclass(frozen=True, slots=True)
class Exit:
    """A path that leaves the block: ``kind`` is return, raise, break or continue."""

    kind: str
    value: Value
    state: State


Flow = tuple[list[State], list[Exit]]


def run_block(frame: Frame, block: ir.Block, states: list[State]) -> Flow:
    exits: list[Exit] = []
    for index, statement in enumerate(block):
        if not states:
            break
        run = _STATEMENTS.get(type(statement))
        if run is None:
            continue
        if _exhausted(frame):
            states = states[:1]
        after: list[State] = []
        for state in states:
            normal, left = run(frame, statement, state)
            after += normal
            exits += left
        if len(after) > len(states) or type(statement) in _JOINS:
            following = block[index + 1].n if index + 1 < len(block) else None
            after = merge(frame, after, following)
        states = after
    return states, exits


def _exhausted(frame: Frame) -> bool:
    """Whether the activation has cost so much that only one path of it is followed to the end."""
    return frame.machine.work > MAX_WORK


def run_function(frame: Frame, node: ir.FunctionDef) -> list[tuple[str, Value, State]]:
    """The ways in which the function's body ends: (``return`` or ``raise``, value, state)."""
    states, exits = run_block(frame, node.body, [frame.state])
    ends: list[tuple[str, Value, State]] = [("return", NONE, state) for state in states]
    ends += [(e.kind, e.value, e.state) for e in exits if e.kind in ("return", "raise")]
    return ends


def run_module(machine: Machine, module: ModuleInfo, namespace: dict[str, Value]) -> None:
    """Run a module's body; what it defines goes into ``namespace`` as it is defined."""
    frame = Frame(machine, module, None, None, State({}, {}, 0), namespace=True)
    states = [frame.state]
    for statement in module.ir.body:
        states, _ = run_block(frame, (statement,), states)
        if not states:
            break
        namespace.update(states[0].env)
    machine.collect(frame.facts)


def attempt(
    frame: Frame, state: State, action: Callable[[], Any]
) -> tuple[list[tuple[Any, State]], list[Exit]]:
    """Run ``action`` on copies of ``state``, once for each combination of choices."""
    choices = Choices()
    done: list[tuple[Any, State]] = []
    exits: list[Exit] = []
    saved = frame.choices, frame.state
    while True:
        frame.state = state.fork()
        frame.choices = choices
        try:
            value = action()
            done.append((value, frame.state))
        except RaisedError as raised:
            exits.append(Exit("raise", raised.value, frame.state))
        except InfeasibleError:
            pass
        frame.machine.work += 1
        frame.machine.spent += 1
        if (done and _exhausted(frame)) or not choices.advance():
            break
    frame.choices, frame.state = saved
    return done, exits


def simple(frame: Frame, state: State, action: Callable[[], Any]) -> Flow:
    done, exits = attempt(frame, state, action)
    return [s for _, s in done], exits


# ------------------------------------------------------------------- joining


def merge(
    frame: Frame, states: list[State], following: int | None = None, most: int = MAX_STATES
) -> list[State]:
    """Paths that differ in nothing that matters are one path; past a bound the rest is dropped, and counted.

    Args:
        following: ordinal of the statement that comes next: variables that are not named from there on are
            forgotten.
    """
    if len(states) <= 1:
        return states
    if following is not None and frame.function is not None and not frame.namespace:
        uses = frame.machine.last_uses(frame.function.node)
        first = frame.function.node.params[0].name if frame.function.node.params else ""
        for state in states:
            for name in [n for n in state.env if uses.get(n, -1) < following and n != first and n[0] != "<"]:
                if not _holds_entity(state.env[name], state):
                    del state.env[name]
    by_key: dict[object, State] = {}
    for state in states:
        key = _relevant(state)
        known = by_key.get(key)
        if known is None:
            by_key[key] = state
        else:
            _join(frame, known, state)
    merged = list(by_key.values())
    if len(merged) > most:
        frame.machine.counts["paths over the bound"] += 1
        merged = merged[:most]
    return merged


def _holds_entity(value: Value, state: State) -> bool:
    """Whether a variable keeps objects alive in the identity map of an asynchronous session."""
    if isinstance(value, (Unknown, Const)):
        return False
    for address in reachable([value], state.heap):
        obj = state.heap[address]
        if isinstance(obj, EntityObject) and obj.session is not None:
            session = state.heap.get(obj.session)
            if isinstance(session, SessionObject) and session.is_async:
                return True
    return False


def _relevant(state: State) -> object:
    names: list[str] = []
    roots: list[Value] = []
    current: State | None = state
    prefix = ""
    while current is not None:
        for name in sorted(current.env):
            value = current.env[name]
            if isinstance(value, Unknown) or (
                isinstance(value, Const)
                and isinstance(value.value, (str, int, float))
                and value.value not in (True, False)
            ):
                continue
            names.append(prefix + name)
            roots.append(value)
        if current.completion is not None:
            names.append(prefix + current.completion[0])
            roots.append(current.completion[1])
        prefix += "^"
        current = current.suspended
    return (tuple(names), likeness(roots, state.heap))


def _join(frame: Frame, into: State, other: State) -> None:
    for name in sorted({*into.env, *other.env}):
        mine, theirs = into.env.get(name), other.env.get(name)
        if mine != theirs and (mine is None or theirs is None or isinstance(mine, (Unknown, Const))):
            into.env[name] = frame.unknown("depends on the path")
    into.assumptions = {k: v for k, v in into.assumptions.items() if other.assumptions.get(k) == v}


# ---------------------------------------------------------- simple statements


def _expr_stmt(frame: Frame, node: ir.ExprStmt, state: State) -> Flow:
    if isinstance(node.value, ir.Yield) and frame.on_yield is not None:
        return _yield(frame, node.value, state, ())
    return simple(frame, state, lambda: evaluate(frame, node.value))


def _assign(frame: Frame, node: ir.Assign, state: State) -> Flow:
    if isinstance(node.value, ir.Yield) and frame.on_yield is not None:
        return _yield(frame, node.value, state, node.targets)

    def action() -> None:
        value = evaluate(frame, node.value)
        for target in node.targets:
            bind(frame, target, value)

    return simple(frame, state, action)


def _ann_assign(frame: Frame, node: ir.AnnAssign, state: State) -> Flow:
    if node.value is None:
        return [state], []

    def action() -> None:
        assert node.value is not None
        bind(frame, node.target, evaluate(frame, node.value, annotation=node.annotation))

    return simple(frame, state, action)


def _aug_assign(frame: Frame, node: ir.AugAssign, state: State) -> Flow:
    def action() -> None:
        bind(frame, node.target, evaluate(frame, ir.Binary(node.n, node.op, node.target, node.value)))

    return simple(frame, state, action)


def _return(frame: Frame, node: ir.Return, state: State) -> Flow:
    if node.value is None:
        return [], [Exit("return", NONE, state)]
    value = node.value
    done, exits = attempt(frame, state, lambda: evaluate(frame, value))
    return [], [*(Exit("return", v, s) for v, s in done), *exits]


def _raise(frame: Frame, node: ir.Raise, state: State) -> Flow:
    if node.exc is None:
        current = state.env.get("<exception>", Unknown("exception"))
        return [], [Exit("raise", current, state)]
    exc = node.exc
    done, exits = attempt(frame, state, lambda: exceptions.raised(evaluate(frame, exc)))
    return [], [*(Exit("raise", v, s) for v, s in done), *exits]


def _assert(frame: Frame, node: ir.Assert, state: State) -> Flow:
    done, exits = attempt(frame, state, lambda: decide(frame, node.test))
    return [s for truth, s in done if truth], exits


def _delete(frame: Frame, node: ir.Delete, state: State) -> Flow:
    def action() -> None:
        for target in node.targets:
            delete(frame, target)

    return simple(frame, state, action)


def _pass(frame: Frame, node: ir.Stmt, state: State) -> Flow:
    return [state], []


def _break(frame: Frame, node: ir.Break, state: State) -> Flow:
    return [], [Exit("break", NONE, state)]


def _continue(frame: Frame, node: ir.Continue, state: State) -> Flow:
    return [], [Exit("continue", NONE, state)]


def _global(frame: Frame, node: ir.Global, state: State) -> Flow:
    if node.scope == "global":
        frame.globals_declared |= set(node.names)
    return [state], []


def _import(frame: Frame, node: ir.Import, state: State) -> Flow:
    if frame.namespace:
        return [state], []
    program = frame.machine.program
    from detachlint.interpret.evaluate import symbol_value

    for dotted, alias in node.names:
        found = program.find(dotted if alias else dotted.partition(".")[0], frame.module)
        state.env[alias or dotted.partition(".")[0]] = symbol_value(frame, found)
    return [state], []


def _import_from(frame: Frame, node: ir.ImportFrom, state: State) -> Flow:
    if frame.namespace or node.names is None:
        return [state], []
    from detachlint.interpret.evaluate import symbol_value

    program = frame.machine.program
    source = program.import_target(frame.module, node)
    for name, alias in node.names:
        state.env[alias or name] = symbol_value(frame, program.member(source, name))
    return [state], []


def _function_def(frame: Frame, node: ir.FunctionDef, state: State) -> Flow:
    if frame.namespace:
        info = frame.machine.program.lookup(frame.module, node.name)
        if getattr(info, "node", None) is not node:
            return [state], []

    def action() -> None:
        frame.state.env[node.name] = decorate_local(frame, node)

    return simple(frame, state, action)


def _class_def(frame: Frame, node: ir.ClassDef, state: State) -> Flow:
    prefix = (
        frame.module.key
        if frame.namespace
        else f"{frame.function.qualname if frame.function else frame.module.key}.<locals>"
    )
    info = frame.machine.program.declare_class(frame.module, node, prefix)
    state.env[node.name] = ClassValue(info)
    if node.decorators:

        def action() -> None:
            for decorator in node.decorators:
                evaluate(frame, decorator)

        return simple(frame, state, action)
    return [state], []


# -------------------------------------------------------- compound statements


def _if(frame: Frame, node: ir.If, state: State) -> Flow:
    done, exits = attempt(frame, state, lambda: decide(frame, node.test))
    true = merge(frame, [s for truth, s in done if truth])
    false = merge(frame, [s for truth, s in done if not truth])
    normal: list[State] = []
    for states, block in ((true, node.body), (false, node.orelse)):
        if states:
            after, left = run_block(frame, block, states)
            normal += after
            exits += left
    return normal, exits


def _while(frame: Frame, node: ir.While, state: State) -> Flow:
    heads = [state]
    seen: set[object] = set()
    finished: list[State] = []
    exits: list[Exit] = []
    for _ in range(_rounds(frame)):
        fresh = [h for h in merge(frame, heads, most=MAX_HEADS) if not _known(h, seen)]
        if not fresh:
            break
        true: list[State] = []
        for head in fresh:
            done, left = attempt(frame, head, lambda: decide(frame, node.test))
            exits += left
            true += [s for truth, s in done if truth]
            finished += [s for truth, s in done if not truth]
        heads, breaks = _loop_body(frame, node.body, true, exits)
        finished += breaks
    if not _is_true(node.test):
        finished += heads
    normal, left = run_block(frame, node.orelse, merge(frame, finished))
    return normal, exits + left


def _rounds(frame: Frame) -> int:
    return 1 if _exhausted(frame) else MAX_ROUNDS


def _is_true(test: ir.Expr) -> bool:
    return isinstance(test, ir.Const) and bool(test.value)


def _known(state: State, seen: set[object]) -> bool:
    key = _relevant(state)
    if key in seen:
        return True
    seen.add(key)
    return False


def _loop_body(
    frame: Frame, body: ir.Block, states: list[State], exits: list[Exit]
) -> tuple[list[State], list[State]]:
    """(states at the next head, states after a break); other exits go to ``exits``."""
    normal, left = run_block(frame, body, merge(frame, states))
    breaks: list[State] = []
    for item in left:
        if item.kind == "continue":
            normal.append(item.state)
        elif item.kind == "break":
            breaks.append(item.state)
        else:
            exits.append(item)
    return normal, breaks


def _for(frame: Frame, node: ir.For, state: State) -> Flow:
    exits: list[Exit] = []
    finished: list[State] = []
    done, left = attempt(frame, state, lambda: _iterable(frame, node))
    exits += left
    for iterable, start in done:
        if isinstance(iterable, Generator):
            after, out = _for_generator(frame, node, iterable, start)
        else:
            after, out = _for_elements(frame, node, iterable, start)
        finished += after
        exits += out
    normal, left = run_block(frame, node.orelse, merge(frame, finished))
    return normal, exits + left


def _iterable(frame: Frame, node: ir.For) -> Generator | Elements:
    value = frame.split(evaluate(frame, node.iter))
    if isinstance(value, Generator):
        return value
    return elements_of(frame, value, frame.site(node.iter))


def _for_elements(frame: Frame, node: ir.For, elements: Elements, start: State) -> Flow:
    exits: list[Exit] = []
    finished: list[State] = []
    hidden = f"<iterable {node.n}>"
    if elements.source is not None:
        start.env[hidden] = elements.source  # the loop itself keeps what it goes over alive
    heads = [start]
    for item in elements.items:
        states: list[State] = []
        for head in heads:
            normal, left = simple(frame, head, lambda value=item: bind(frame, node.target, value))
            states += normal
            exits += left
        heads, breaks = _loop_body(frame, node.body, states, exits)
        finished += breaks
    if elements.rest is None:
        return finished + heads, exits
    rest = elements.rest
    if not elements.nonempty:
        # Once is not never: a path that skipped this loop must skip the next one over the same collection
        # too.
        for head in heads:
            skipped = head.fork()
            mark_empty(skipped, elements.source)
            finished.append(skipped)
    seen: set[object] = set()
    for _ in range(_rounds(frame)):
        fresh = [h for h in merge(frame, heads, most=MAX_HEADS) if not _known(h, seen)]
        if not fresh:
            break
        states = []
        for head in fresh:
            normal, left = simple(frame, head, lambda: bind(frame, node.target, rest))
            states += normal
            exits += left
        heads, breaks = _loop_body(frame, node.body, states, exits)
        finished += breaks
        finished += [h.fork() for h in heads]
    for state in finished:
        state.env.pop(hidden, None)
    return finished, exits


def _for_generator(frame: Frame, node: ir.For, generator: Generator, start: State) -> Flow:
    """The loop's body runs at each ``yield`` of the generator."""

    def on_yield(inner: Frame, value: Value, state: State) -> list[tuple[str, Value, State]]:
        outer = state.suspended if state.suspended is not None else start
        head = outer.on_heap_of(state)
        states, left = simple(frame, head, lambda: bind(frame, node.target, value))
        normal, out = run_block(frame, node.body, states)
        left += out
        ends: list[tuple[str, Value, State]] = [("normal", NONE, s) for s in normal]
        ends += [("normal" if e.kind == "continue" else e.kind, e.value, e.state) for e in left]
        return ends

    return run_generator(frame, generator, start, on_yield, loop=True)


def run_generator(
    frame: Frame,
    generator: Generator,
    start: State,
    on_yield: Callable[[Frame, Value, State], list[tuple[str, Value, State]]],
    *,
    loop: bool,
) -> Flow:
    """Run a generator function's body on the caller's heap; at each yield the caller's block runs.

    Args:
        loop: the block may run never or often (``for``); a context manager's runs exactly once.
    """
    inner, node = generator_frame(frame, generator, start)
    if inner is None or node is None:
        return [start], []
    inner.on_yield = on_yield
    inner.yields_to_loop = loop
    frame.machine.inlined += 1
    states, exits = run_block(inner, node.body, [inner.state])
    frame.machine.inlined -= 1
    ends: list[Exit] = [Exit("return", NONE, s) for s in states]
    ends += exits
    normal: list[State] = []
    out: list[Exit] = []
    for end in ends:
        suspended = end.state.suspended
        if suspended is None and not loop:
            if end.kind == "raise":
                out.append(Exit("raise", end.value, start.on_heap_of(end.state)))
            continue
        caller = (suspended if suspended is not None else start).on_heap_of(end.state)
        completion = end.state.completion
        if end.kind == "raise" and not (completion is not None and completion[0] in ("return", "break")):
            out.append(Exit("raise", end.value, caller))
        elif completion is not None and completion[0] == "break":
            normal.append(caller)
        elif completion is not None and completion[0] == "return":
            out.append(Exit("return", completion[1], caller))
        elif completion is not None and completion[0] == "continue":
            out.append(Exit("continue", NONE, caller))
        else:
            normal.append(caller)
    frame.facts.update({f: h for f, h in inner.facts.items() if f not in frame.facts})
    return normal, out


def _yield(frame: Frame, node: ir.Yield, state: State, targets: tuple[ir.Expr, ...]) -> Flow:
    """A yield that is a statement of its own: the caller's block runs here."""
    assert frame.on_yield is not None
    value_node = node.value
    done, exits = attempt(frame, state, lambda: NONE if value_node is None else evaluate(frame, value_node))
    normal: list[State] = []
    for value, before in done:
        for kind, result, after in frame.on_yield(frame, value, before):
            resumed = before.on_heap_of(after)
            resumed.suspended = after
            resumed.completion = (kind, result)
            if kind == "normal":
                for target in targets:
                    more, left = simple(
                        frame, resumed, lambda t=target: bind(frame, t, frame.unknown("sent value"))
                    )
                    exits += left
                    normal += more
                if not targets:
                    normal.append(resumed)
            elif kind == "raise":
                exits.append(Exit("raise", result, resumed))
            elif frame.yields_to_loop:
                exits.append(Exit("raise", Unknown("generator closed", type="GeneratorExit"), resumed))
            else:
                normal.append(
                    resumed
                )  # a with-block that is left by return or break ends the manager normally
    return merge(frame, normal), exits


def _with(frame: Frame, node: ir.With, state: State) -> Flow:
    return _with_items(frame, node, 0, state)


def _with_items(frame: Frame, node: ir.With, index: int, state: State) -> Flow:
    if index == len(node.items):
        return run_block(frame, node.body, [state])
    expression, target = node.items[index]
    site = frame.site(expression)
    normal: list[State] = []
    done, exits = attempt(frame, state, lambda: frame.split(evaluate(frame, expression)))
    for manager, start in done:
        if isinstance(manager, Generator):

            def on_yield(inner: Frame, value: Value, at: State) -> list[tuple[str, Value, State]]:
                begin = start.on_heap_of(at)
                states = [begin]
                left: list[Exit] = []
                if target is not None:
                    states, left = simple(frame, begin, lambda: bind(frame, target, value))
                ends: list[tuple[str, Value, State]] = []
                for each in states:
                    after, out = _with_items(frame, node, index + 1, each)
                    left += out
                    ends += [("normal", NONE, s) for s in after]
                ends += [(e.kind, e.value, e.state) for e in left]
                return ends

            after, out = run_generator(frame, manager, start, on_yield, loop=False)
            normal += after
            exits += out
            continue

        def enter() -> Value:
            value = enter_value(frame, manager, site)
            if target is not None:
                bind(frame, target, value)
            return value

        entered, left = attempt(frame, start, enter)
        exits += left
        for _, inside in entered:
            after, out = _with_items(frame, node, index + 1, inside)
            for each in after:
                ends, left = simple(frame, each, lambda: leave_value(frame, manager, site, failed=False))
                normal += ends
                exits += left
            for item in out:
                failed = item.kind == "raise"
                ends, left = simple(
                    frame, item.state, lambda: leave_value(frame, manager, site, failed=failed)
                )
                exits += [replace(item, state=s) for s in ends]
                exits += left
                if failed and exceptions.suppresses(manager):
                    normal += ends
    return merge(frame, normal), exits


def _try(frame: Frame, node: ir.Try, state: State) -> Flow:
    outer_guards = frame.guards
    frame.guards = outer_guards | exceptions.guarded(frame, node.handlers)
    before: list[State] = []
    states = [state]
    raised: list[Exit] = []
    passing: list[Exit] = []
    for statement in node.body:
        if not states:
            break
        if exceptions.can_raise(statement):
            before += [s.fork() for s in states]
        states, left = run_block(frame, (statement,), states)
        for item in left:
            (raised if item.kind == "raise" else passing).append(item)
    frame.guards = outer_guards
    normal, left = run_block(frame, node.orelse, states)
    passing += left
    for handler, entries in exceptions.dispatch(
        frame, node.handlers, merge(frame, before)[:4], raised, passing_to=passing, make=Exit
    ):
        handled, left = _handler(frame, handler, entries)
        normal += handled
        passing += left
    if not node.finalbody:
        return merge(frame, normal), passing
    done, left = run_block(frame, node.finalbody, merge(frame, normal))
    exits = list(left)
    for item in passing:
        after, left = run_block(frame, node.finalbody, [item.state])
        exits += [replace(item, state=s) for s in after]
        exits += left
    return done, exits


def _handler(frame: Frame, handler: ir.Handler, entries: list[tuple[Value, State]]) -> Flow:
    states: list[State] = []
    for value, state in entries:
        inside = state.fork()
        inside.env["<exception>"] = value
        if handler.name is not None:
            inside.env[handler.name] = value
        states.append(inside)
    normal, exits = run_block(frame, handler.body, merge(frame, states))
    for state in normal:
        state.env.pop("<exception>", None)
    return normal, exits


def _match(frame: Frame, node: ir.Match, state: State) -> Flow:
    done, exits = attempt(frame, state, lambda: evaluate(frame, node.subject))
    normal: list[State] = []
    for subject, start in done:
        remaining = [start]
        for case in node.cases:
            if not remaining:
                break
            taken: list[State] = []
            missed: list[State] = []
            for each in remaining:

                def test() -> bool:
                    if not decide_pattern(frame, case.pattern, subject, node.subject):
                        return False
                    return case.guard is None or decide(frame, case.guard)

                tried, left = attempt(frame, each, test)
                exits += left
                taken += [s for truth, s in tried if truth]
                missed += [s for truth, s in tried if not truth]
            after, left = run_block(frame, case.body, merge(frame, taken))
            normal += after
            exits += left
            remaining = merge(frame, missed)
        normal += remaining
    return merge(frame, normal), exits


_JOINS = (ir.If, ir.For, ir.While, ir.Try, ir.With, ir.Match)
_STATEMENTS: dict[type[ir.Node], Callable[[Frame, Any, State], Flow]] = {
    ir.ExprStmt: _expr_stmt,
    ir.Assign: _assign,
    ir.AnnAssign: _ann_assign,
    ir.AugAssign: _aug_assign,
    ir.Return: _return,
    ir.Raise: _raise,
    ir.Assert: _assert,
    ir.Delete: _delete,
    ir.Break: _break,
    ir.Continue: _continue,
    ir.Global: _global,
    ir.Import: _import,
    ir.ImportFrom: _import_from,
    ir.FunctionDef: _function_def,
    ir.ClassDef: _class_def,
    ir.If: _if,
    ir.While: _while,
    ir.For: _for,
    ir.With: _with,
    ir.Try: _try,
    ir.Match: _match,
}
