"""One file's text to its IR, or the one line that says why not."""

from __future__ import annotations

import libcst as cst

from detachlint.domain.source import Problem
from detachlint.parse import ir
from detachlint.parse.lower import Lowering
from detachlint.parse.outcome import TOO_DEEP, Outcome, Unparsed


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


def _reason(error: cst.ParserSyntaxError) -> str:
    return " ".join(error.message.split()) or "syntax error"
