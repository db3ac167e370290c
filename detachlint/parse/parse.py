"""One file's text to its IR, or the one line that says why not."""

from __future__ import annotations

import libcst as cst

from detachlint.domain.source import Problem
from detachlint.parse import ir
from detachlint.parse.lower import Lowering


def parse(path: str, text: str) -> ir.Module | Problem:
    """Parse and lower ``text``. LibCST knows newer grammar than the Python it runs on; there is no
    fallback.
    """
    try:
        tree = cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        return Problem(path, error.raw_line, f"does not parse: {_reason(error)}")
    except (RecursionError, ValueError) as error:
        return Problem(
            path,
            1,
            f"does not parse: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}",
        )
    try:
        body = Lowering().module(tree).body
    except RecursionError:
        return Problem(path, 1, "is nested too deeply to be analysed")
    return ir.Module(body, text.count("\n") + 1)


def _reason(error: cst.ParserSyntaxError) -> str:
    return " ".join(error.message.split()) or "syntax error"
