"""Lists, sets, dicts and comprehensions."""

from __future__ import annotations

from detachlint.interpret.conditions.assumptions import assume
from detachlint.interpret.expressions.evaluate import evaluate
from detachlint.interpret.expressions.iterate import elements_of
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Dictionary, Sequence
from detachlint.interpret.paths.learnt import forget
from detachlint.interpret.statements.assign import bind
from detachlint.interpret.values import NONE, Const, Tuple, Unknown, Value, union
from detachlint.parse import ir


def evaluate_display(frame: Frame, node: ir.Display) -> Value:
    items: list[Value] = []
    rest: list[Value] = []
    for each in node.items:
        if isinstance(each, ir.Starred):
            elements = elements_of(frame, frame.split(evaluate(frame, each.value)), frame.site(each))
            items += elements.items
            if elements.rest is not None:
                rest.append(elements.rest)
        else:
            items.append(evaluate(frame, each))
    if node.kind == "tuple" and not rest:
        return Tuple(tuple(items))
    kind = "list" if node.kind == "tuple" else node.kind
    return frame.new(Sequence(kind, tuple(items), union(rest) if rest else None))


def evaluate_dict(frame: Frame, node: ir.Dict) -> Value:
    entries: dict[Value, Value] = {}
    rest: list[tuple[Value, Value]] = []
    for key_node, value_node in node.items:
        value = evaluate(frame, value_node)
        if key_node is None:
            other = frame.dictionary(frame.split(value))
            if other is None:
                rest.append((Unknown("spliced mapping"), Unknown("spliced mapping")))
            else:
                entries.update(other.entries)
                if other.rest is not None:
                    rest.append(other.rest)
            continue
        entries[evaluate(frame, key_node)] = value
    joined = (union([k for k, _ in rest]), union([v for _, v in rest])) if rest else None
    return frame.new(Dictionary(tuple(entries.items()), joined))


def evaluate_comprehension(frame: Frame, node: ir.Comprehension) -> Value:
    collected: list[tuple[Value, Value]] = []
    open_ended = False
    saved, learnt = dict(frame.state.env), frame.state.learnt

    def run(index: int) -> None:
        nonlocal open_ended
        if index == len(node.clauses):
            element = evaluate(frame, node.element)
            value = evaluate(frame, node.value) if node.value is not None else NONE
            collected.append((element, value))
            return
        clause = node.clauses[index]
        elements = elements_of(frame, frame.split(evaluate(frame, clause.iter)), frame.site(clause.iter))
        if elements.rest is not None:
            open_ended = True
        for each in (*elements.items, *([elements.rest] if elements.rest is not None else [])):
            bind(frame, clause.target, each)
            holds = assume(frame, clause.conditions)
            if holds is not False:
                open_ended = open_ended or holds is None
                run(index + 1)

    run(0)
    frame.state.env = {name: frame.state.env.get(name, value) for name, value in saved.items()}
    for name, value in saved.items():
        frame.state.env[name] = value
    forget(frame.state, learnt)
    return _collect(frame, node, collected, open_ended)


def _collect(
    frame: Frame, node: ir.Comprehension, collected: list[tuple[Value, Value]], open_ended: bool
) -> Value:
    elements = [e for e, _ in collected]
    if node.kind == "dict":
        constant = all(isinstance(k, Const) or (isinstance(k, Unknown) and k.symbol) for k in elements)
        if constant and not open_ended:
            return frame.new(Dictionary(tuple(dict(collected).items())))
        rest = (union(elements), union([v for _, v in collected])) if collected else None
        return frame.new(Dictionary((), rest))
    kind = {"list": "list", "set": "set"}.get(node.kind, "iterator")
    if not collected:
        return frame.new(Sequence(kind, (), None, True if not open_ended else None))
    if open_ended:
        empty = _empty_source(frame, node)
        return frame.new(Sequence(kind, (), union(list(dict.fromkeys(elements))), empty))
    return frame.new(Sequence(kind, tuple(elements), None))


def _empty_source(frame: Frame, node: ir.Comprehension) -> bool | None:
    if (
        len(node.clauses) == 1
        and not node.clauses[0].conditions
        and isinstance(node.clauses[0].iter, ir.Name)
    ):
        source = frame.sequence(frame.state.env.get(node.clauses[0].iter.id))
        return source.empty if source is not None else None
    return None
