"""Fixes that touch one stretch of the text take turns, and the turns come to an end."""

from collections.abc import Mapping

import libcst as cst

from detachlint.api import fix_sources
from detachlint.domain.edits import AddUnique, Applicability, Proposal
from detachlint.domain.findings import Finding, Severity
from detachlint.domain.models import ModelGraph
from detachlint.domain.source import Site, Span
from detachlint.fix.mend import MAX_RESTARTS, MAX_ROUNDS, MAX_TRIALS, mend
from detachlint.fix.trial import Seen
from detachlint.interpret.footprints import Key
from detachlint.parse import ir
from detachlint.parse.lower import Lowering
from detachlint.resolve.program import Program
from detachlint.rules.studio import ASYNC, async_session
from detachlint.testing import Program as Executable
from detachlint.testing import execute

TURNS = """\
async def lessons(session):
    found = await users(session, options=[joinedload(User.bookings)])
    return [booking.lesson.title for user in found for booking in user.bookings]


async def users(session, options=()):
    return (await session.scalars(select(User))).all()
"""
TURNS_TAKEN = """\
async def lessons(session):
    found = await users(session, options=[joinedload(User.bookings).joinedload(Booking.lesson)])
    return [booking.lesson.title for user in found for booking in user.bookings]


async def users(session, options=()):
    return (await session.scalars(select(User).options(*options))).unique().all()
"""


def test_fixes_of_one_query_take_turns() -> None:
    """The options that are passed load what others would add, and SQLAlchemy refuses two ways to load it."""
    main = async_session("assert await lessons(session) == ['Reformer', 'Reformer']")
    files = {"main.py": f"{ASYNC}{TURNS}\n\n{main}"}
    assert execute(Executable(files)).error == "MissingGreenlet"
    done = fix_sources(files)
    assert done.report.findings == ()
    after = done.changed["main.py"][1]
    assert TURNS_TAKEN in after
    assert execute(Executable({"main.py": after})).error is None
    assert fix_sources({"main.py": after}).changed == {}


def test_turns_come_to_an_end() -> None:
    """An analysis that never has enough: each edit uncovers the next fault. All of it is taken back."""
    texts = {"main.py": "rows = result.all()\n"}
    runs = 0

    def analyse(
        texts: Mapping[str, str], since: Seen | None = None, only: frozenset[Key] | None = None
    ) -> Seen:
        nonlocal runs
        runs += 1
        tree = cst.parse_module(texts["main.py"])
        module = Lowering().module(tree)
        [assignment] = module.body
        assert isinstance(assignment, ir.Assign)
        finding = Finding(
            "DET302",
            "joined-collection",
            f"fault {runs}",
            Span("main.py", 1, 1, 1, 5),
            Severity.ERROR,
            error="InvalidRequestError",
            origin=Span("main.py", 1, 1 + runs % 5, 1, 9),
            proposals=(
                Proposal(AddUnique(Site("main.py", assignment.value.n)), Applicability.SAFE, "call unique()"),
            ),
        )
        program = Program([("main", "main.py", False, module)])
        return Seen((finding,), (), program, ModelGraph({}))

    done = mend(texts, analyse, lambda _: True)
    assert MAX_ROUNDS < runs <= (MAX_RESTARTS + 1) * min(MAX_ROUNDS, MAX_TRIALS) + 1
    assert done.texts == texts
    assert [finding.unfixed for finding in done.remaining] == [
        "the object comes from several queries, and not all of them can be edited"
    ]
