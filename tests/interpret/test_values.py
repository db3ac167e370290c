"""Plain values that meet, long dictionaries, names that are put together, and what a class lacks."""

import pytest

from detachlint.api import analyse_sources
from tests.frameworks.library import SYNC


def _found(program: str) -> list[str]:
    return [f.code for f in analyse_sources({"main.py": SYNC + program}).findings]


_DETACHED = """\
def detached():
    with Session() as session:
        return session.scalars(select(Book)).one()


"""


@pytest.mark.parametrize(("other", "codes"), [("20", []), ("0", ["DET102"])])
def test_numbers_that_meet_keep_a_truth_that_both_have(other: str, codes: list[str]) -> None:
    program = f"""\
def show(limit):
    book = detached()
    if limit is None:
        count = 10
    else:
        count = {other}
    print(count)
    return book.title if count else book.author.name
"""
    assert _found(_DETACHED + program) == codes


@pytest.mark.parametrize(("key", "codes"), [("loaded", []), ("other", ["DET102"])])
def test_long_dictionary_of_names_keeps_its_entries_apart(key: str, codes: list[str]) -> None:
    numbers = "".join(f"    context['n{number}'] = {number}\n" for number in range(40))
    program = f"""\
def show():
    context = {{}}
{numbers}    with Session() as session:
        context["loaded"] = session.scalars(select(Book).options(joinedload(Book.author))).one()
    context["other"] = detached()
    return context["{key}"].author.name
"""
    assert _found(_DETACHED + program) == codes


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ('"read_" + kind', ["DET102"]),
        ('"note_" + kind', []),
        ('kind + "_author"', ["DET102"]),
        ('f"read_{kind}"', ["DET102"]),
        ('f"note_{kind}"', []),
        ('"read_" + kind + "_note"', []),
    ],
)
def test_method_by_a_name_that_is_put_together(name: str, codes: list[str]) -> None:
    program = f"""\
class Reader:
    def read_author(self, book):
        return book.author.name

    def note_author_id(self, book):
        return book.author_id

    def read_title_note(self, book):
        return book.title


def show(kind):
    return getattr(Reader(), {name})(detached())
"""
    assert _found(_DETACHED + program) == codes


@pytest.mark.parametrize(
    ("above", "bases", "codes"),
    [
        ("", "", []),
        ("", "(ABC)", []),
        ("@shelf.readable\n", "", ["DET102"]),
        ("", "(shelf.Readable)", ["DET102"]),
        ("", "(metaclass=shelf.Readable)", ["DET102"]),
        ("", "(*shelf.CLASSES)", ["DET102"]),
    ],
)
def test_class_lacks_what_nothing_can_have_given_it(above: str, bases: str, codes: list[str]) -> None:
    program = f"""\
import shelf
from abc import ABC


{above}class Shown{bases}:
    pass


def show():
    book = detached()
    return book.author.name if hasattr(Shown, "reads_author") else book.title
"""
    assert _found(_DETACHED + program) == codes
