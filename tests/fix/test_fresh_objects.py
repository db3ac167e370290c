"""Objects that come fresh: flushed, committed, expired, refreshed."""

import pytest

from detachlint.rules import studio
from tests.fix.mended import Edit, mend

EXPIRING = studio.ASYNC.replace("(engine, expire_on_commit=False)", "(engine)")

FLUSHED = Edit(
    "flushed",
    """\
async def register(session):
    user = User(name="Cleo")
    session.add(user)
    await session.flush()
    return len(user.bookings)
""",
    """\
async def register(session):
    user = User(name="Cleo")
    session.add(user)
    await session.flush()
    await session.refresh(user, attribute_names=["bookings"])
    return len(user.bookings)
""",
    "await register(session)",
)
COMMITTED = Edit(
    "committed",
    """\
async def cancel(session, booking_id):
    booking = await session.get(Booking, booking_id)
    booking.status = "cancelled"
    await session.commit()  # for good
    return booking.id, booking.status
""",
    """\
async def cancel(session, booking_id):
    booking = await session.get(Booking, booking_id)
    booking.status = "cancelled"
    await session.commit()  # for good
    await session.refresh(booking)
    return booking.id, booking.status
""",
    "await cancel(session, 1)",
    EXPIRING,
)
REFRESHED = Edit(
    "refreshed without names",
    """\
async def register(session):
    user = User(name="Cleo", bookings=[Booking(lesson_id=1)])
    session.add(user)
    await session.commit()
    await session.refresh(user)
    return user.name, len(user.bookings)
""",
    """\
async def register(session):
    user = User(name="Cleo", bookings=[Booking(lesson_id=1)])
    session.add(user)
    await session.commit()
    await session.refresh(user)
    await session.refresh(user, attribute_names=["bookings"])
    return user.name, len(user.bookings)
""",
    "await register(session)",
)
EXPIRED = Edit(
    "expired",
    """\
async def name(session, user_id):
    user = await session.get(User, user_id)
    session.expire(user)
    return user.name
""",
    """\
async def name(session, user_id):
    user = await session.get(User, user_id)
    session.expire(user)
    await session.refresh(user)
    return user.name
""",
    "await name(session, 1)",
)
BY_A_REPOSITORY = Edit(
    "committed by a repository",
    """\
class Bookings:
    def __init__(self, session):
        self.session = session

    async def save(self, booking):
        self.session.add(booking)
        await self.session.commit()
        return booking


async def book(session):
    booking = Booking(user_id=1, lesson_id=1)
    await Bookings(session).save(booking)
    return booking.status
""",
    """\
class Bookings:
    def __init__(self, session):
        self.session = session

    async def save(self, booking):
        self.session.add(booking)
        await self.session.commit()
        await self.session.refresh(booking)
        return booking


async def book(session):
    booking = Booking(user_id=1, lesson_id=1)
    await Bookings(session).save(booking)
    return booking.status
""",
    "await book(session)",
    EXPIRING,
)

BOTH = Edit(
    "a relationship of an expired object",
    """\
async def rename(session, user_id):
    user = await session.get(User, user_id)
    user.name = "Anne"
    await session.commit()
    return user.name, len(user.bookings)
""",
    """\
async def rename(session, user_id):
    user = await session.get(User, user_id)
    user.name = "Anne"
    await session.commit()
    await session.refresh(user)
    await session.refresh(user, attribute_names=["bookings"])
    return user.name, len(user.bookings)
""",
    "await rename(session, 1)",
    EXPIRING,
)

EDITS = (FLUSHED, COMMITTED, REFRESHED, EXPIRED, BOTH, BY_A_REPOSITORY)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_the_edit(edit: Edit) -> None:
    mended = mend(edit)
    assert mended.code == edit.after
    assert mended.outcome.error is None, mended.outcome


def test_an_expiring_session_is_changed_on_demand_only() -> None:
    edit = Edit("expiring", COMMITTED.before, COMMITTED.after, COMMITTED.calls, EXPIRING)
    assert "expire_on_commit" not in mend(edit).around
    assert "async_sessionmaker(engine, expire_on_commit=False)" in mend(edit, unsafe=True).around
