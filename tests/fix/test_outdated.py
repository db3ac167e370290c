"""A collection that is loaded early does not follow what happens to its rows: no safe fix loads it then."""

import pytest

from detachlint.rules.studio import ASYNC
from detachlint.testing import execute
from tests.fix.mended import Edit, mend

ADDED = """\
async def bookings(session, user_id):
    user = await session.get(User, user_id)
    session.add(Booking(user_id=user.id, lesson_id=1))
    await session.flush()
    return len(user.bookings)
"""
DELETED = """\
async def bookings(session, user_id):
    user = await session.get(User, user_id)
    await session.delete(await session.get(Booking, user_id))
    await session.flush()
    return len(user.bookings)
"""
ADDED_TO_IT = """\
async def bookings(session, user_id):
    user = await session.get(User, user_id)
    session.add(Booking(user=user, lesson_id=1))
    await session.flush()
    return len(user.bookings)
"""


@pytest.mark.parametrize("code", [ADDED, DELETED], ids=["added", "deleted"])
def test_an_option_would_give_another_answer(code: str) -> None:
    edit = Edit("", code, code, "await bookings(session, 1)", ASYNC)
    assert execute(edit.program(code)).error == "MissingGreenlet"
    assert mend(edit).code == code


def test_what_is_added_to_the_collection_is_in_it() -> None:
    option = "user_id, options=[selectinload(User.bookings)])"
    after = ADDED_TO_IT.replace("user_id)\n    session", f"{option}\n    session")
    edit = Edit("", ADDED_TO_IT, after, "assert await bookings(session, 1) == 2", ASYNC)
    mended = mend(edit)
    assert mended.code == after
    assert mended.outcome.error is None, mended.outcome
