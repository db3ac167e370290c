"""Where loader options go, and how they are written."""

import pytest

from detachlint.rules.studio import ASYNC, SYNC
from tests.fix.mended import Edit, mend

GET = Edit(
    "session.get",
    """\
async def customer(session, booking_id):
    booking = await session.get(Booking, booking_id)
    return booking.user.name
""",
    """\
async def customer(session, booking_id):
    booking = await session.get(Booking, booking_id, options=[joinedload(Booking.user)])
    return booking.user.name
""",
    "await customer(session, 1)",
)
GET_WITH_OPTIONS = Edit(
    "session.get with options",
    """\
async def customer(session, booking_id):
    booking = await session.get(Booking, booking_id, options=[joinedload(Booking.lesson)])
    return booking.user.name, booking.lesson.title
""",
    """\
async def customer(session, booking_id):
    booking = await session.get(
        Booking, booking_id, options=[joinedload(Booking.lesson), joinedload(Booking.user)]
    )
    return booking.user.name, booking.lesson.title
""",
    "await customer(session, 1)",
)
TO_MANY = Edit(
    "a collection",
    """\
async def counts(session):
    users = (await session.scalars(select(User))).all()
    return [len(user.bookings) for user in users]
""",
    """\
async def counts(session):
    users = (await session.scalars(select(User).options(selectinload(User.bookings)))).all()
    return [len(user.bookings) for user in users]
""",
    "await counts(session)",
)
CHAIN = Edit(
    "a whole chain",
    """\
async def teachers(session):
    users = (await session.execute(select(User))).scalars().all()
    return [b.lesson.instructor.name for user in users for b in user.bookings]
""",
    """\
async def teachers(session):
    users = (await session.execute(select(User).options(
        selectinload(User.bookings).joinedload(Booking.lesson).joinedload(Lesson.instructor)
    ))).scalars().all()
    return [b.lesson.instructor.name for user in users for b in user.bookings]
""",
    "await teachers(session)",
)
CONTINUED = Edit(
    "an option that is continued",
    """\
async def roster(session):
    query = select(Lesson).options(selectinload(Lesson.bookings))
    return [b.user.name for lesson in await session.scalars(query) for b in lesson.bookings]
""",
    """\
async def roster(session):
    query = select(Lesson).options(selectinload(Lesson.bookings).joinedload(Booking.user))
    return [b.user.name for lesson in await session.scalars(query) for b in lesson.bookings]
""",
    "await roster(session)",
)
FORKED = Edit(
    "two ways from one option",
    """\
async def rosters(session):
    query = select(Booking).options(joinedload(Booking.lesson))
    lessons = [booking.lesson for booking in await session.scalars(query)]
    return [(lesson.instructor.name, len(lesson.bookings)) for lesson in lessons]
""",
    """\
async def rosters(session):
    query = select(Booking).options(
        joinedload(Booking.lesson).options(joinedload(Lesson.instructor), selectinload(Lesson.bookings))
    )
    lessons = [booking.lesson for booking in await session.scalars(query)]
    return [(lesson.instructor.name, len(lesson.bookings)) for lesson in lessons]
""",
    "await rosters(session)",
)
SEVERAL = Edit(
    "several of one query",
    """\
async def letter(session, booking_id):
    query = select(Booking).where(Booking.id == booking_id)
    booking = (await session.scalars(query)).one()
    return booking.user.name, booking.lesson.title
""",
    """\
async def letter(session, booking_id):
    query = (
        select(Booking)
        .where(Booking.id == booking_id)
        .options(joinedload(Booking.user), joinedload(Booking.lesson))
    )
    booking = (await session.scalars(query)).one()
    return booking.user.name, booking.lesson.title
""",
    "await letter(session, 1)",
)
METHOD_A_LINE = Edit(
    "a method a line",
    """\
async def latest(session):
    query = (
        select(Booking)
        .where(Booking.status == "confirmed")
        .order_by(Booking.id.desc())  # the newest first
        .limit(1)
    )
    booking = (await session.scalars(query)).one()
    return booking.user.name
""",
    """\
async def latest(session):
    query = (
        select(Booking)
        .where(Booking.status == "confirmed")
        .options(joinedload(Booking.user))
        .order_by(Booking.id.desc())  # the newest first
        .limit(1)
    )
    booking = (await session.scalars(query)).one()
    return booking.user.name
""",
    "await latest(session)",
)
OPTION_A_LINE = Edit(
    "an option a line",
    """\
async def letter(session, booking_id):
    booking = await session.get(
        Booking,
        booking_id,
        options=[
            joinedload(Booking.lesson),  # for its title
        ],
    )
    return booking.user.name, booking.lesson.title
""",
    """\
async def letter(session, booking_id):
    booking = await session.get(
        Booking,
        booking_id,
        options=[
            joinedload(Booking.lesson),  # for its title
            joinedload(Booking.user),
        ],
    )
    return booking.user.name, booking.lesson.title
""",
    "await letter(session, 1)",
)
BUILT_UP = Edit(
    "a statement built under a flag",
    """\
async def teachers(session, title=None):
    query = select(Booking)
    if title is not None:
        query = query.join(Booking.lesson).where(Lesson.title == title)
    query = query.options(selectinload(Booking.lesson))
    return [b.lesson.instructor.name for b in await session.scalars(query)]
""",
    """\
async def teachers(session, title=None):
    query = select(Booking)
    if title is not None:
        query = query.join(Booking.lesson).where(Lesson.title == title)
    query = query.options(selectinload(Booking.lesson).joinedload(Lesson.instructor))
    return [b.lesson.instructor.name for b in await session.scalars(query)]
""",
    "await teachers(session, 'Reformer')",
)
RETURNED = Edit(
    "a statement returned by a function",
    """\
def confirmed():
    return select(Booking).where(Booking.status == "confirmed")


async def names(session):
    return [booking.user.name for booking in await session.scalars(confirmed().order_by(Booking.id))]
""",
    """\
def confirmed():
    return select(Booking).where(Booking.status == "confirmed").options(joinedload(Booking.user))


async def names(session):
    return [booking.user.name for booking in await session.scalars(confirmed().order_by(Booking.id))]
""",
    "await names(session)",
)
PARAMETER = Edit(
    "a repository with a parameter for options",
    """\
class Repository:
    model = None

    def __init__(self, session):
        self.session = session

    async def get(self, key, options=()):
        return await self.session.get(self.model, key, options=options)


class Bookings(Repository):
    model = Booking


async def name(session):
    booking = await Bookings(session).get(1)
    return booking.user.name


async def title(session):
    options = [joinedload(Booking.user)]
    booking = await Bookings(session).get(1, options)
    return booking.lesson.title
""",
    """\
class Repository:
    model = None

    def __init__(self, session):
        self.session = session

    async def get(self, key, options=()):
        return await self.session.get(self.model, key, options=options)


class Bookings(Repository):
    model = Booking


async def name(session):
    booking = await Bookings(session).get(1, options=[joinedload(Booking.user)])
    return booking.user.name


async def title(session):
    options = [joinedload(Booking.user), joinedload(Booking.lesson)]
    booking = await Bookings(session).get(1, options)
    return booking.lesson.title
""",
    "return await name(session), await title(session)",
)
EAGER_OPTIONS = Edit(
    "a repository with a method for its eager options",
    """\
class Bookings:
    def __init__(self, session):
        self.session = session

    def eager(self):
        return [joinedload(Booking.user)]

    async def all(self):
        return (await self.session.scalars(select(Booking).options(*self.eager()))).all()


async def titles(session):
    return [booking.lesson.title for booking in await Bookings(session).all()]
""",
    """\
class Bookings:
    def __init__(self, session):
        self.session = session

    def eager(self):
        return [joinedload(Booking.user), joinedload(Booking.lesson)]

    async def all(self):
        return (await self.session.scalars(select(Booking).options(*self.eager()))).all()


async def titles(session):
    return [booking.lesson.title for booking in await Bookings(session).all()]
""",
    "await titles(session)",
)
LEGACY = Edit(
    "a legacy query",
    """\
def visits(session):
    bookings = session.query(Booking).order_by(Booking.id).all()
    return [booking.user.name for booking in bookings]
""",
    """\
def visits(session):
    bookings = session.query(Booking).options(joinedload(Booking.user)).order_by(Booking.id).all()
    return [booking.user.name for booking in bookings]
""",
    "visits(session)",
    SYNC,
)
SPLAT = Edit(
    "options before arguments by name",
    """\
async def find(session, model, *options, **filters):
    return (await session.scalars(select(model).filter_by(**filters).options(*options))).all()


async def names(session):
    found = await find(session, Booking, status="confirmed")
    return [booking.user.name for booking in found]
""",
    """\
async def find(session, model, *options, **filters):
    return (await session.scalars(select(model).filter_by(**filters).options(*options))).all()


async def names(session):
    found = await find(session, Booking, joinedload(Booking.user), status="confirmed")
    return [booking.user.name for booking in found]
""",
    "await names(session)",
)
ALIAS = Edit(
    "an alias",
    """\
async def others(session):
    other = aliased(Booking)
    query = select(other).where(other.id != 1)
    return [booking.user.name for booking in await session.scalars(query)]
""",
    """\
async def others(session):
    other = aliased(Booking)
    query = select(other).where(other.id != 1).options(joinedload(other.user))
    return [booking.user.name for booking in await session.scalars(query)]
""",
    "await others(session)",
    ASYNC.replace("contains_eager,", "aliased, contains_eager,"),
)
DEFERRED = Edit(
    "a deferred column",
    """\
async def biographies(session):
    users = (await session.scalars(select(User))).all()
    return [user.biography for user in users]
""",
    """\
async def biographies(session):
    users = (await session.scalars(select(User).options(undefer(User.biography)))).all()
    return [user.biography for user in users]
""",
    "await biographies(session)",
)
LOAD_ONLY = Edit(
    "a column that was left out",
    """\
async def names(session):
    users = (await session.scalars(select(User).options(load_only(User.id)))).all()
    return [user.name for user in users]
""",
    """\
async def names(session):
    users = (await session.scalars(select(User).options(load_only(User.id, User.name)))).all()
    return [user.name for user in users]
""",
    "await names(session)",
)
RAISES = Edit(
    "an option that refuses",
    """\
async def names(session):
    query = select(Booking).options(raiseload(Booking.user, sql_only=True))
    return [booking.user.name for booking in await session.scalars(query)]
""",
    """\
async def names(session):
    query = select(Booking).options(joinedload(Booking.user))
    return [booking.user.name for booking in await session.scalars(query)]
""",
    "await names(session)",
)
NO_NESTED_SUBQUERIES = Edit(
    "what the mapping loads by a subquery, in a circle",
    """\
async def others(session):
    query = select(Booking).options(joinedload(Booking.user))
    return [[b.user.name for b in each.user.bookings] for each in await session.scalars(query)]
""",
    """\
async def others(session):
    query = select(Booking).options(
        joinedload(Booking.user).selectinload(User.bookings).joinedload(Booking.user)
    )
    return [[b.user.name for b in each.user.bookings] for each in await session.scalars(query)]
""",
    "assert await others(session) == [['Anna'], ['Ben']]",
    ASYNC.replace(
        'user: Mapped["User"] = relationship(', 'user: Mapped["User"] = relationship(lazy="subquery", '
    ),
)

EDITS = (
    GET, GET_WITH_OPTIONS, TO_MANY, CHAIN, CONTINUED, FORKED, SEVERAL, METHOD_A_LINE, OPTION_A_LINE, BUILT_UP,
    RETURNED, PARAMETER, EAGER_OPTIONS, LEGACY, SPLAT, ALIAS, DEFERRED, LOAD_ONLY, RAISES,
    NO_NESTED_SUBQUERIES,
)  # fmt: skip


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_the_edit(edit: Edit) -> None:
    mended = mend(edit)
    assert mended.code == edit.after
    assert mended.outcome.error is None, mended.outcome


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_a_second_run_changes_nothing(edit: Edit) -> None:
    again = Edit(edit.name, edit.after, edit.after, edit.calls, edit.setup)
    assert mend(again).code == edit.after
