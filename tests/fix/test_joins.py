"""What the query joins already is loaded from that join, where this means the same."""

import pytest

from detachlint.rules.studio import ASYNC, SYNC
from detachlint.testing import execute
from tests.fix.mended import Edit, mend

ALIASED = ASYNC.replace("contains_eager,", "aliased, contains_eager,")

FILTERED = Edit(
    "a join that filters",
    """\
async def visits(session, name):
    query = select(Booking).join(Booking.user).where(User.name == name)
    return [booking.user.name for booking in await session.scalars(query)]
""",
    """\
async def visits(session, name):
    query = (
        select(Booking)
        .join(Booking.user)
        .where(User.name == name)
        .options(contains_eager(Booking.user))
    )
    return [booking.user.name for booking in await session.scalars(query)]
""",
    "assert await visits(session, 'Ben') == ['Ben']",
)
CHAIN = Edit(
    "a chain of joins, cut short",
    """\
async def teachers(session):
    query = (
        select(Booking)
        .join(Booking.lesson)
        .join(Instructor, Lesson.instructor)
        .order_by(Instructor.name)
        .limit(1)
    )
    return [booking.lesson.instructor.name for booking in await session.scalars(query)]
""",
    """\
async def teachers(session):
    query = (
        select(Booking)
        .join(Booking.lesson)
        .join(Instructor, Lesson.instructor)
        .options(contains_eager(Booking.lesson).contains_eager(Lesson.instructor))
        .order_by(Instructor.name)
        .limit(1)
    )
    return [booking.lesson.instructor.name for booking in await session.scalars(query)]
""",
    "assert await teachers(session) == ['Mia']",
)
CONTINUED = Edit(
    "an option that takes from a join is continued",
    """\
async def teachers(session):
    query = select(Booking).join(Booking.lesson).options(contains_eager(Booking.lesson))
    query = query.where(Booking.id == 1)
    return [booking.lesson.instructor.name for booking in await session.scalars(query)]
""",
    """\
async def teachers(session):
    query = (
        select(Booking)
        .join(Booking.lesson)
        .options(contains_eager(Booking.lesson).joinedload(Lesson.instructor))
    )
    query = query.where(Booking.id == 1)
    return [booking.lesson.instructor.name for booking in await session.scalars(query)]
""",
    "assert await teachers(session) == ['Mia']",
)
OUTER = Edit(
    "an outer join, of an alias",
    """\
async def visits(session):
    other = aliased(Booking)
    query = select(other).join(other.user, isouter=True)
    return [booking.user.name for booking in await session.scalars(query)]
""",
    """\
async def visits(session):
    other = aliased(Booking)
    query = select(other).join(other.user, isouter=True).options(contains_eager(other.user))
    return [booking.user.name for booking in await session.scalars(query)]
""",
    "assert sorted(await visits(session)) == ['Anna', 'Ben']",
    ALIASED,
)
LEGACY = Edit(
    "a legacy query",
    """\
def visits(session):
    query = session.query(Booking).outerjoin(Booking.user).filter(User.name == "Anna")
    return [(booking.user.name, query.count()) for booking in query]
""",
    """\
def visits(session):
    query = (
        session.query(Booking)
        .outerjoin(Booking.user)
        .filter(User.name == "Anna")
        .options(contains_eager(Booking.user))
    )
    return [(booking.user.name, query.count()) for booking in query]
""",
    "assert visits(session) == [('Anna', 1)]",
    SYNC,
)
PART = Edit(
    "a filter that leaves a collection in part",
    """\
async def classes(session):
    query = select(Lesson).join(Lesson.bookings).where(Booking.id == 1)
    return [len(lesson.bookings) for lesson in await session.scalars(query)]
""",
    """\
async def classes(session):
    query = (
        select(Lesson)
        .join(Lesson.bookings)
        .where(Booking.id == 1)
        .options(selectinload(Lesson.bookings))
    )
    return [len(lesson.bookings) for lesson in await session.scalars(query)]
""",
    "assert await classes(session) == [2]",
)
CONDITION = Edit(
    "a join with a condition of its own",
    """\
async def visits(session):
    query = select(Booking).outerjoin(User, (Booking.user_id == User.id) & (User.name == "Ben"))
    return [booking.user.name for booking in await session.scalars(query)]
""",
    """\
async def visits(session):
    query = (
        select(Booking)
        .outerjoin(User, (Booking.user_id == User.id) & (User.name == "Ben"))
        .options(joinedload(Booking.user))
    )
    return [booking.user.name for booking in await session.scalars(query)]
""",
    "assert await visits(session) == ['Anna', 'Ben']",
)
OTHER = Edit(
    "a join of something else, and one under a flag",
    """\
async def visits(session, name=None):
    query = select(Booking).join(Booking.lesson)
    if name:
        query = query.join(Booking.user).where(User.name == name)
    return [booking.user.name for booking in await session.scalars(query)]
""",
    """\
async def visits(session, name=None):
    query = select(Booking).join(Booking.lesson).options(joinedload(Booking.user))
    if name:
        query = query.join(Booking.user).where(User.name == name)
    return [booking.user.name for booking in await session.scalars(query)]
""",
    "assert await visits(session) == ['Anna', 'Ben'] and await visits(session, 'Ben') == ['Ben']",
)

EDITS = (FILTERED, CHAIN, CONTINUED, OUTER, LEGACY, PART, CONDITION, OTHER)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_the_edit(edit: Edit) -> None:
    if edit.setup != SYNC:
        assert execute(edit.program(edit.before)).error == "MissingGreenlet"
    mended = mend(edit)
    assert mended.code == edit.after
    assert mended.outcome.error is None, mended.outcome
