"""Positions agree with those of LibCST's own provider."""

from pathlib import Path

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

import detachlint
from detachlint.parse.lower import Lowering
from detachlint.parse.positions import UNKNOWN_POSITIONS, Positions, position_table

SOURCES = sorted(Path(detachlint.__file__).parent.glob("[fpr]*/*.py"))[::4]

AWKWARD = """\
@decorator(
    a.b
)
async def outer(
    a, *, b: "list[int]" = (1), **rest
) -> None:  # comment
\tasync with (a.b as c, d):
\t\tx = (yield  a . b
\t\t     .c)
\tawait ((a)
\t       .b.c)

class C[T](Base, metaclass = Meta): x: int; y = -1
if a: pass
elif (b): pass
else:
    try: f"{a.b!r:>{width}}" 'more' "text"
    except* (A, B) as e: raise X from  e
    finally:
        del a[1:2, ...], b
match  a:
    case [C(x=1), *_] | {"k": v, **rest} if a.b: ...
x = [ a for (a) in b.c if not a ] if b else lambda *a, b=1: (a, )
"""


def provided(text: str) -> list[tuple[tuple[int, int, int, int], bool]]:
    """The span of each node of the walk, by LibCST, and whether it is one that is shown as it is."""
    wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    ranges = wrapper.resolve(PositionProvider)
    lowering = Lowering(record=True)
    lowering.module(wrapper.module)
    found = []
    for node in lowering.nodes:
        shown = node.name if isinstance(node, (cst.FunctionDef, cst.ClassDef)) else node
        where = ranges[shown]
        whole = not isinstance(node, (cst.BaseCompoundStatement, cst.ExceptHandler)) or shown is not node
        end = (where.end.line, where.end.column + 1)
        found.append(((where.start.line, where.start.column + 1, *end), whole))
    return found


def assert_agreement(text: str) -> None:
    positions = Positions("x.py", text, position_table(text))
    for ordinal, (expected, whole) in enumerate(provided(text)):
        span = positions.span(ordinal)
        assert (span.line, span.column) == expected[:2]
        if whole:
            assert (span.end_line, span.end_column) == expected[2:]
        else:
            assert span.end_line == span.line


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_of_real_files(path: Path) -> None:
    assert_agreement(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("end", ["", "\n", "\n\n# end"])
def test_of_awkward_layout(newline: str, end: str) -> None:
    assert_agreement((AWKWARD.rstrip("\n") + end).replace("\n", newline))


def test_a_read_over_several_lines_is_where_its_last_name_is() -> None:
    text = "x = (a\n     .b\n     .c)\n"
    positions = Positions("x.py", text, position_table(text))
    outer = next(n for n in range(9) if positions.chain(n) == "a.b.c")
    assert (positions.span(outer).line, positions.read_span(outer).line) == (1, 3)
    assert positions.chain(outer + 1) == "a.b.c"
    assert positions.chain(0) is None


def test_unknown_positions_are_the_first_line() -> None:
    positions = Positions("x.py", "a.b\n", UNKNOWN_POSITIONS)
    assert (positions.read_span(1).line, positions.chain(1)) == (1, None)
