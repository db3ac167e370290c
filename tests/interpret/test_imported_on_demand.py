"""Names that a module's ``__getattr__`` imports when they are asked for (PEP 562)."""

import pytest

from detachlint.api import analyse_sources
from tests.frameworks.library import SYNC

_FIRST = """\
def first(session):
    return session.scalars(select(Book)).one()
"""

_ON_DEMAND = """\
def __getattr__(name):
    if name == "first":
        from main import first{alias}
        return {returned}
    raise AttributeError(name)
"""

_SHOW = """\
from main import Session
{imported}


def show():
    with Session() as session:
        book = {function}(session)
    return book.author
"""


def _found(on_demand: str, show: str) -> list[str]:
    sources = {"main.py": SYNC + _FIRST, "later.py": on_demand, "show.py": show}
    return [f.code for f in analyse_sources(sources).findings]


@pytest.mark.parametrize(
    ("imported", "function"), [("from later import first", "first"), ("import later", "later.first")]
)
def test_it_is_what_the_function_imports(imported: str, function: str) -> None:
    on_demand = _ON_DEMAND.format(alias="", returned="first")
    assert _found(on_demand, _SHOW.format(imported=imported, function=function)) == ["DET102"]


def test_what_it_imports_for_itself_is_no_name_of_the_module() -> None:
    on_demand = _ON_DEMAND.format(alias="", returned="find(first, name)")
    assert _found(on_demand, _SHOW.format(imported="from later import first", function="first")) == []
