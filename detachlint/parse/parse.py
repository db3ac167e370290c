"""One file's text to its IR, or the one line that says why not."""

from __future__ import annotations

import re
from itertools import accumulate

import libcst as cst

from detachlint.domain.source import Problem
from detachlint.parse import ir
from detachlint.parse.lower import Lowering
from detachlint.parse.outcome import TOO_DEEP, Outcome, Unparsed

_MAX_BRACKETS = 200
_BRACKET = re.compile(r"[()\[\]{}]")
_NO_CODE = re.compile(
    r"""#[^\n]*|\"{3}(?:\\.|[^\\])*?\"{3}|'{3}(?:\\.|[^\\])*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""",
    re.DOTALL,
)


def parse(path: str, text: str) -> ir.Module | Problem:
    """Parse and lower ``text``. LibCST knows newer grammar than the Python it runs on; there is no
    fallback.
    """
    outcome = parse_text(text)
    return (
        Problem(path, outcome.line, outcome.message, lasting=outcome.lasting)
        if isinstance(outcome, Unparsed)
        else outcome
    )


def parse_text(text: str) -> Outcome:
    """Parse and lower a text; the outcome hangs on nothing else."""
    if _nests_deeper_than_python(text):
        return TOO_DEEP
    try:
        tree = cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        return Unparsed(error.raw_line, f"does not parse: {_reason(error)}")
    except (RecursionError, ValueError) as error:
        said = str(error).splitlines()[0] if str(error) else ""
        return Unparsed(1, f"does not parse: {type(error).__name__}: {said}")
    try:
        body = Lowering().module(tree).body
    except RecursionError:
        return TOO_DEEP
    return ir.Module(body, text.count("\n") + 1)


def _nests_deeper_than_python(text: str) -> bool:
    """Whether Python would refuse the text for its brackets. LibCST would take minutes or crash."""
    if sum(map(text.count, "([{")) <= _MAX_BRACKETS or _depth(text) <= _MAX_BRACKETS:
        return False
    return _depth(_NO_CODE.sub("", text)) > _MAX_BRACKETS


def _depth(text: str) -> int:
    steps = (1 if bracket in "([{" else -1 for bracket in _BRACKET.findall(text))
    return max(accumulate(steps), default=0)


def _reason(error: cst.ParserSyntaxError) -> str:
    return " ".join(error.message.split()) or "syntax error"
