"""Lines that an edit makes too long are broken as formatters break them."""

import pytest

from detachlint.api import fix_sources
from detachlint.rules.studio import ASYNC, async_session
from detachlint.testing import Program, execute

HUGGED = (
    """\
async def names(session, wanted):
    query = select(Booking).where(Booking.id.in_(wanted)).order_by(
        Booking.status.desc()
    )
    return [(b.user.name, b.lesson.title) for b in await session.scalars(query)]
""",
    """\
async def names(session, wanted):
    query = (
        select(Booking)
        .where(Booking.id.in_(wanted))
        .options(joinedload(Booking.user), joinedload(Booking.lesson))
        .order_by(Booking.status.desc())
    )
    return [(b.user.name, b.lesson.title) for b in await session.scalars(query)]
""",
)
HUGGED_WITH_COMMENT = (
    """\
async def names(session, wanted):
    query = select(Booking).order_by(Booking.id).where(
        Booking.id.in_(wanted),  # the newest
    )
    return [(b.user.name, b.lesson.title) for b in await session.scalars(query)]
""",
    """\
async def names(session, wanted):
    query = (
        select(Booking)
        .options(joinedload(Booking.user), joinedload(Booking.lesson))
        .order_by(Booking.id)
        .where(
            Booking.id.in_(wanted),  # the newest
        )
    )
    return [(b.user.name, b.lesson.title) for b in await session.scalars(query)]
""",
)
HALF_SPREAD = (
    """\
async def names(session, wanted):
    query = (
        select(Booking).where(Booking.id > 0)
        .where(
            Booking.id.in_(wanted),
            Booking.status == "confirmed",
        )
        .limit(10)
    )
    return [(b.user.name, b.lesson.title) for b in await session.scalars(query)]
""",
    """\
async def names(session, wanted):
    query = (
        select(Booking).where(Booking.id > 0)
        .where(
            Booking.id.in_(wanted),
            Booking.status == "confirmed",
        )
        .options(joinedload(Booking.user), joinedload(Booking.lesson))
        .limit(10)
    )
    return [(b.user.name, b.lesson.title) for b in await session.scalars(query)]
""",
)
ARGUMENT = (
    """\
async def names(session, wanted):
    found = await session.execute(select(Booking).where(Booking.id.in_(wanted)))
    return [(b.user.name, b.lesson.title) for b in found.scalars()]
""",
    """\
async def names(session, wanted):
    found = await session.execute(
        select(Booking)
        .where(Booking.id.in_(wanted))
        .options(joinedload(Booking.user), joinedload(Booking.lesson))
    )
    return [(b.user.name, b.lesson.title) for b in found.scalars()]
""",
)
MANY_OPTIONS = (
    """\
async def names(session, wanted):
    query = select(Booking).where(Booking.id.in_(wanted)).options(joinedload(Booking.user))
    found = await session.scalars(query)
    return [(b.user.bookings[0].id, b.lesson.instructor.name) for b in found]
""",
    """\
async def names(session, wanted):
    query = (
        select(Booking)
        .where(Booking.id.in_(wanted))
        .options(
            joinedload(Booking.user).selectinload(User.bookings),
            joinedload(Booking.lesson).joinedload(Lesson.instructor),
        )
    )
    found = await session.scalars(query)
    return [(b.user.bookings[0].id, b.lesson.instructor.name) for b in found]
""",
)
HUGGED_SHORT = (
    """\
async def names(session, wanted):
    query = select(Booking).where(
        Booking.id.in_(wanted)
    ).order_by(Booking.id)
    return [b.user.name for b in await session.scalars(query)]
""",
    """\
async def names(session, wanted):
    query = (
        select(Booking)
        .where(Booking.id.in_(wanted))
        .options(joinedload(Booking.user))
        .order_by(Booking.id)
    )
    return [b.user.name for b in await session.scalars(query)]
""",
)
UNIQUE = (
    """\
async def counts(session):
    return [
        (user.name, len(user.bookings))
        for user in (
            await session.execute(select(User).options(joinedload(User.bookings)))
        )
        .scalars()
        .all()
    ]
""",
    """\
async def counts(session):
    return [
        (user.name, len(user.bookings))
        for user in (
            await session.execute(select(User).options(joinedload(User.bookings)))
        )
        .scalars()
        .unique()
        .all()
    ]
""",
)


LONG_OPTION = (
    """\
async def names(session):
    lesson = await session.get(Lesson, 1)
    first = [(b.user.name, [each.lesson.title for each in b.user.bookings]) for b in lesson.bookings]
    return first, lesson.instructor.name
""",
    """\
async def names(session):
    lesson = await session.get(
        Lesson,
        1,
        options=[
            selectinload(Lesson.bookings)
            .joinedload(Booking.user)
            .selectinload(User.bookings)
            .joinedload(Booking.lesson),
            joinedload(Lesson.instructor),
        ],
    )
    first = [(b.user.name, [each.lesson.title for each in b.user.bookings]) for b in lesson.bookings]
    return first, lesson.instructor.name
""",
)
ONE_MORE_A_LINE = (
    """\
async def names(session):
    query = select(User).options(load_only(User.name)).order_by(User.id)
    users = (await session.scalars(query)).all()
    lessons = [(b.lesson.title, b.lesson.instructor.name) for u in users for b in u.bookings]
    return lessons, [u.biography for u in users]
""",
    """\
async def names(session):
    query = (
        select(User)
        .options(
            load_only(User.name),
            selectinload(User.bookings).joinedload(Booking.lesson).joinedload(Lesson.instructor),
            undefer(User.biography),
        )
        .order_by(User.id)
    )
    users = (await session.scalars(query)).all()
    lessons = [(b.lesson.title, b.lesson.instructor.name) for u in users for b in u.bookings]
    return lessons, [u.biography for u in users]
""",
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        HUGGED,
        HUGGED_WITH_COMMENT,
        HALF_SPREAD,
        ARGUMENT,
        MANY_OPTIONS,
        HUGGED_SHORT,
        UNIQUE,
        LONG_OPTION,
        ONE_MORE_A_LINE,
    ],
    ids=[
        "hugged",
        "hugged with comment",
        "half spread",
        "argument",
        "many options",
        "hugged and short",
        "unique",
        "long option",
        "one more on each line",
    ],
)
def test_the_layout(before: str, after: str) -> None:
    arguments = "session" if "wanted" not in before else "session, [1, 2]"
    name = before.partition("(")[0].rpartition(" ")[2]
    main = async_session(f"await {name}({arguments})")
    line = next(line for line in ASYNC.splitlines() if "WriteOnlyMapped, contains_eager" in line)
    narrow = ASYNC.replace(line, line.replace("WriteOnlyMapped,", "WriteOnlyMapped,\n   "))
    done = fix_sources({"main.py": f"{narrow}{before}\n\n{main}"})
    text = done.changed["main.py"][1]
    code = (
        text.partition(f"{name}(")[0].rpartition("\n")[2]
        + text[text.index(f"{name}(") : text.index("async def main")]
    )
    assert code.rstrip() == after.rstrip()
    assert execute(Program({"main.py": text})).error is None
