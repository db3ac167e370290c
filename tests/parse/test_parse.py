"""Texts that can be lowered and texts that can't."""

import pytest

from detachlint.parse import ir
from detachlint.parse.outcome import TOO_DEEP, Unparsed, decode, encode
from detachlint.parse.parse import parse_text

OPEN = "(" * 300


@pytest.mark.parametrize("depth", [201, 5000])
def test_what_python_would_refuse_for_its_brackets(depth: int) -> None:
    for text in ("(" * depth + ")" * depth, "f(a" * depth + ")" * depth, "[" * depth):
        with pytest.raises((SyntaxError, MemoryError)):
            compile(text, "x.py", "exec")
        assert parse_text(text) == TOO_DEEP


@pytest.mark.parametrize(
    "text",
    [
        f"x = '{OPEN}'\n",
        f'x = """\n{OPEN}\n"""\n',
        f"x = 'it\\'s {OPEN}'  # {OPEN}\n",
        f"x = '''a \" b\n{OPEN} ''' + \"{OPEN}\"\n",
        "x = [" + "(1, [2])," * 300 + "]\n",
    ],
)
def test_brackets_in_texts_and_in_a_row_are_not_nested(text: str) -> None:
    assert isinstance(parse_text(text), ir.Module)


@pytest.mark.parametrize(
    "text", ["n = 123456789012345678901234567890\n", "s = '\\ud800'\n", "a: '\\ud800'\n"]
)
def test_what_has_no_form_as_bytes_is_opaque(text: str) -> None:
    outcome = parse_text(text)
    assert decode(encode(outcome)) == outcome
    assert "Opaque" in repr(outcome)


def test_what_is_nested_too_deeply_for_the_lowering_is_one_line() -> None:
    outcome = parse_text("x = " + " + ".join("a" * 2000) + "\n")
    assert outcome == TOO_DEEP


def test_a_syntax_error_has_its_line() -> None:
    outcome = parse_text("x = 1\ndef f(:\n")
    assert isinstance(outcome, Unparsed)
    assert (outcome.line, outcome.message.partition(":")[0]) == (2, "does not parse")
