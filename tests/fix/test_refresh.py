"""What is refreshed, and where: behind the statement that expires it, if that is sure to."""

import pytest

from detachlint.api import fix_sources
from detachlint.rules.studio import ASYNC, async_session
from detachlint.testing import Program, execute
from tests.fix.mended import Edit, mend

EXPIRING = ASYNC.replace("(engine, expire_on_commit=False)", "(engine)")
BLOCK = Edit(
    "the end of a block that commits",
    """\
async def rename(session):
    async with session.begin():
        user = await session.get(User, 1)
        if user.name:
            user.name = "Anne"
        # of her own free will
    return user.name
""",
    """\
async def rename(session):
    async with session.begin():
        user = await session.get(User, 1)
        if user.name:
            user.name = "Anne"
        # of her own free will
    await session.refresh(user)
    return user.name
""",
    "assert await rename(session) == 'Anne'",
    EXPIRING,
)
LIST = Edit(
    "each object of a list",
    """\
async def rename_all(session):
    users = (await session.scalars(select(User).order_by(User.id))).all()
    for user in users:
        user.name = user.name.upper()
    await session.commit()
    return [one.name for one in users]
""",
    """\
async def rename_all(session):
    users = (await session.scalars(select(User).order_by(User.id))).all()
    for user in users:
        user.name = user.name.upper()
    await session.commit()
    for each in users:
        await session.refresh(each)
    return [one.name for one in users]
""",
    "assert await rename_all(session) == ['ANNA', 'BEN']",
    EXPIRING,
)
OWN_METHOD = Edit(
    "a method that always commits",
    """\
async def save(session, user):
    try:
        session.add(user)
        await session.commit()
    finally:
        logger.info("saved")


async def register(session):
    user = User(name="Cleo")
    await save(session, user)
    return user.name
""",
    """\
async def save(session, user):
    try:
        session.add(user)
        await session.commit()
        await session.refresh(user)
    finally:
        logger.info("saved")


async def register(session):
    user = User(name="Cleo")
    await save(session, user)
    return user.name
""",
    "assert await register(session) == 'Cleo'",
    EXPIRING,
)
GENERIC = Edit(
    "behind the call of a method for any class",
    """\
class Repository:
    def __init__(self, session):
        self.session = session

    async def create(self, entity):
        self.session.add(entity)
        await self.session.commit()
        return entity


async def register(session):
    repository = Repository(session)
    instructor = await repository.create(Instructor(name="Max"))
    user = User(name="Cleo")
    user = await repository.create(user)
    return instructor, len(user.bookings)
""",
    """\
class Repository:
    def __init__(self, session):
        self.session = session

    async def create(self, entity):
        self.session.add(entity)
        await self.session.commit()
        return entity


async def register(session):
    repository = Repository(session)
    instructor = await repository.create(Instructor(name="Max"))
    user = User(name="Cleo")
    user = await repository.create(user)
    await repository.session.refresh(user, attribute_names=["bookings"])
    return instructor, len(user.bookings)
""",
    "assert (await register(session))[1] == 0",
    ASYNC,
)


@pytest.mark.parametrize("edit", [BLOCK, LIST, OWN_METHOD, GENERIC], ids=lambda edit: edit.name)
def test_the_edit(edit: Edit) -> None:
    assert execute(edit.program(edit.before)).error == "MissingGreenlet"
    mended = mend(edit)
    assert mended.code == edit.after
    assert mended.outcome.error is None, mended.outcome


SOMETIMES = """\
async def tag(session, name):
    if name == "bad":
        await session.rollback()
    return name


async def rename(session, name):
    user = await session.get(User, 1)
    user.name = name
    await tag(session, name)
    return user.name
"""


def test_a_call_that_expires_sometimes() -> None:
    """A refresh would drop what is not flushed where the call does not expire the object."""
    main = async_session("print(await rename(session, datetime.now().isoformat()))")
    files = {"main.py": f"{ASYNC}{SOMETIMES}\n\n{main}"}
    assert execute(Program(files)).error is None
    done = fix_sources(files)
    assert done.changed == {}
    assert [finding.unfixed for finding in done.report.findings] == [
        "the call before it expires it only sometimes, and a refresh drops changes that are not flushed"
    ]
    unsafe = fix_sources(files, unsafe=True)
    assert "await tag(session, name)\n    await session.refresh(user)\n" in unsafe.changed["main.py"][1]
