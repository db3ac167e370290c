"""The patterns of ``match``."""

from __future__ import annotations

from detachlint.interpret.conditions.class_tests import is_instance, narrow_class, rule_out
from detachlint.interpret.conditions.truth import is_same
from detachlint.interpret.expressions.evaluate import evaluate
from detachlint.interpret.frame import Frame
from detachlint.interpret.values import ClassValue, Tuple, Unknown, Value
from detachlint.parse import ir


def decide_pattern(frame: Frame, pattern: ir.Pattern, subject: Value, place: ir.Expr) -> bool:
    """Whether a ``case`` takes the subject."""
    match pattern:
        case ir.MatchCapture(name=name, pattern=inner):
            if inner is not None and not decide_pattern(frame, inner, subject, place):
                return False
            if name is not None:
                frame.state.env[name] = subject
            return True
        case ir.MatchValue(value=value):
            same = is_same(frame, frame.split(subject), evaluate(frame, value))
            return same if same is not None else frame.choose(2) == 0
        case ir.MatchOr(patterns=patterns):
            return any(decide_pattern(frame, p, subject, place) for p in patterns)
        case ir.MatchClass(cls=cls):
            wanted = evaluate(frame, cls)
            answer = is_instance(frame, frame.split(subject), wanted)
            if answer is None:
                answer = frame.choose(2) == 0
                if isinstance(wanted, ClassValue):
                    if answer:
                        narrow_class(frame, place, subject, wanted.info)
                    else:
                        rule_out(frame, subject, wanted.info)
            if answer:
                from detachlint.interpret.objects.attribute import get_attribute

                for name, inner in pattern.keywords:
                    held = get_attribute(frame, subject, name, pattern)
                    if not decide_pattern(frame, inner, held, ir.Opaque(pattern.n)):
                        return False
            return answer
        case ir.MatchSequence(patterns=patterns):
            if isinstance(subject, Tuple):
                return len(subject.items) == len(patterns) and all(
                    decide_pattern(frame, p, v, ir.Opaque(pattern.n))
                    for p, v in zip(patterns, subject.items, strict=True)
                )
            for each in patterns:
                decide_pattern(frame, each, Unknown("matched part"), ir.Opaque(pattern.n))
            return frame.choose(2) == 0
        case ir.MatchOther(names=names):
            for name in names:
                frame.state.env[name] = Unknown("matched part")
            return frame.choose(2) == 0
