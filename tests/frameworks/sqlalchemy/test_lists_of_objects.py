"""What sessions are given in lists."""

from detachlint.api import analyse_sources
from tests.frameworks.library import SYNC

_HOLDS_ITSELF = """\
def main():
    with Session() as session:
        book = session.scalars(select(Book)).one()
        several = [book]
        several.append(several)
        try:
            session.add_all(several)
        except Exception:
            print("a list is no entity")
    return book.author.name
"""


def test_a_list_that_holds_itself_ends() -> None:
    report = analyse_sources({"main.py": SYNC + _HOLDS_ITSELF})
    assert report.problems == ()
    assert [f.code for f in report.findings] == ["DET102"]
