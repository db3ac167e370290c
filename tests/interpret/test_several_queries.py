"""One read, objects of several queries: one finding, which names them all."""

from detachlint.api import analyse_sources
from tests.frameworks.library import SYNC

_PROGRAM = """\
from sqlalchemy.orm import joinedload


def title(book):
    return f"{book.title} by {book.author.name}"


def one(session):
    return session.get(Book, 1){one}


def newest(session):
    return session.scalars(select(Book).order_by(Book.id.desc()){newest}.limit(1)).one()


def listed(session):
    return session.scalars(select(Book){listed}).unique().all()


def main():
    fill()
    with Session() as session:
        first = one(session)
    with Session() as session:
        last = newest(session)
    print(title(first))
    print(title(last))
    with Session() as session:
        for book in listed(session):
            print(title(book))
"""
_LOADED = ".options(joinedload(Book.author))"


def told(one: str = "", newest: str = "", listed: str = "") -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Of each finding its code, the line of its query, and those of the others."""
    text = SYNC + _PROGRAM.replace("{one}", one).replace("{newest}", newest).replace("{listed}", listed)
    lines = [line.strip() for line in text.splitlines()]
    findings = analyse_sources({"main.py": text}).findings
    assert all(f.origin is not None and way.trace[0].span == way.origin for f in findings for way in f.also)
    return [
        (f.code, lines[f.origin.line - 1][:24], [(w.code, lines[w.origin.line - 1][:24]) for w in f.also])
        for f in findings
        if f.origin is not None
    ]


ONE, NEWEST, LISTED = "return session.get(Book,", "return session.scalars(s", "return session.scalars(s"


def test_errors_come_before_slow_loops() -> None:
    assert told() == [("DET102", ONE, [("DET102", NEWEST), ("DET107", LISTED)])]


def test_query_that_loads_it_is_none_of_them() -> None:
    assert told(newest=_LOADED) == [("DET102", ONE, [("DET107", LISTED)])]
    assert told(listed=_LOADED) == [("DET102", ONE, [("DET102", NEWEST)])]


def test_single_lazy_query_is_no_fault() -> None:
    assert told(one=_LOADED, newest=_LOADED) == [("DET107", LISTED, [])]
    text = SYNC + _PROGRAM.replace("{one}", "").replace("{newest}", _LOADED).replace("{listed}", "")
    held = text.replace("first = one(session)", "print(title(one(session)))").replace(
        "    print(title(first))\n", ""
    )
    (finding,) = analyse_sources({"main.py": held}).findings
    assert (finding.code, finding.also) == ("DET107", ())
