"""What is in the session already is not queried again, so no option of a query reaches it."""

import pytest

from detachlint.rules.studio import ASYNC, SYNC
from detachlint.testing import execute
from tests.fix.mended import Edit, mend

ON_THE_WAY = Edit(
    "a lazy load on the way, which the identity map may answer",
    """\
def bookings_of_guest(session):
    booking = session.get(Booking, 1)
    user = booking.user
    session.close()
    return [each.id for each in user.bookings]
""",
    """\
def bookings_of_guest(session):
    booking = session.get(Booking, 1, options=[joinedload(Booking.user).selectinload(User.bookings)])
    user = booking.user
    session.close()
    return [each.id for each in user.bookings]
""",
    "assert bookings_of_guest(session) == [1]",
    SYNC,
)
EXPIRED = Edit(
    "what raises, expired",
    """\
def bookings_of(session):
    user = session.scalars(select(User).options(selectinload(User.bookings)).filter_by(id=1)).one()
    session.commit()
    return [each.id for each in user.bookings]
""",
    """\
def bookings_of(session):
    user = session.scalars(select(User).options(selectinload(User.bookings)).filter_by(id=1)).one()
    session.commit()
    session.refresh(user, attribute_names=["bookings"])
    return [each.id for each in user.bookings]
""",
    "assert bookings_of(session) == [1]",
    SYNC.replace('relationship(back_populates="user")', 'relationship(back_populates="user", lazy="raise")'),
)


@pytest.mark.parametrize(
    ("edit", "error"),
    [(ON_THE_WAY, "DetachedInstanceError"), (EXPIRED, "InvalidRequestError")],
    ids=lambda each: each.name if isinstance(each, Edit) else "",
)
def test_the_edit(edit: Edit, error: str) -> None:
    assert execute(edit.program(edit.before)).error == error
    mended = mend(edit)
    assert mended.code == edit.after
    assert mended.outcome.error is None, mended.outcome


NOLOAD = Edit(
    "what is mapped with noload: whether the database is to be asked is not for a safe fix to say",
    """\
async def bookings(session, one, other):
    query = select(User).where(User.id == one).options(selectinload(User.bookings))
    users = (await session.scalars(query)).all()
    booking = await session.get(Booking, other, options=[joinedload(Booking.user)])
    return len(users), [each.id for each in booking.user.bookings]
""",
    """\
async def bookings(session, one, other):
    query = select(User).where(User.id == one).options(selectinload(User.bookings))
    users = (await session.scalars(query)).all()
    booking = await session.get(
        Booking, other, options=[joinedload(Booking.user).selectinload(User.bookings)]
    )
    return len(users), [each.id for each in booking.user.bookings]
""",
    "print(await bookings(session, 2, 1))",
    ASYNC.replace(
        'list["Booking"]] = relationship(back_populates="user")',
        'list["Booking"]] = relationship(back_populates="user", lazy="noload")',
    ),
)


def test_what_is_silently_empty_is_loaded_by_unsafe_fixes_only() -> None:
    assert mend(NOLOAD).code == NOLOAD.before
    mended = mend(NOLOAD, unsafe=True)
    assert mended.code == NOLOAD.after
    assert mended.outcome.error is None, mended.outcome
