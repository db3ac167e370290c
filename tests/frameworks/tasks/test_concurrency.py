"""Tasks of asyncio, threads and executors: when the work runs, and what it finds then."""

import pytest

from tests.frameworks.library import ASYNC, SYNC
from tests.frameworks.marked_programs import check_findings, check_run

RUN = {
    "task that nobody waits for": ASYNC
    + """\
async def announce(book):
    await asyncio.sleep(0)
    print(book.author.name)  # fails: DetachedInstanceError


async def publish():
    async with Session() as session:
        book = await session.get(Book, 1)
        task = asyncio.create_task(announce(book))
        task.add_done_callback(TASKS.append)


TASKS = []


async def main():
    await fill()
    await publish()
    while not TASKS:
        await asyncio.sleep(0)
    TASKS[0].result()
""",
    "task that nobody waits for, loaded": ASYNC
    + """\
async def announce(book):
    await asyncio.sleep(0)
    print(book.author.name)


async def main():
    await fill()
    async with Session() as session:
        book = await session.get(Book, 1, options=[joinedload(Book.author)])
        asyncio.create_task(announce(book))
    await asyncio.sleep(0.0)
""",
    "task that is awaited in the session's block": ASYNC
    + """\
async def announce(book):
    print(book.author.name)  # fails: MissingGreenlet


async def main():
    await fill()
    async with Session() as session:
        book = await session.get(Book, 1)
        task = asyncio.create_task(announce(book))
        await task
""",
    "tasks that are gathered from a list": ASYNC
    + """\
async def announce(book):
    print(book.author.name)  # fails: MissingGreenlet


async def main():
    await fill()
    async with Session() as session:
        tasks = []
        for book in await session.scalars(select(Book)):
            tasks.append(asyncio.create_task(announce(book)))
        await asyncio.gather(*tasks)
""",
    "tasks that are gathered, loaded": ASYNC
    + """\
async def announce(book):
    return book.author.name


async def main():
    await fill()
    async with Session() as session:
        books = (await session.scalars(select(Book).options(joinedload(Book.author)))).all()
        tasks = [asyncio.create_task(announce(book)) for book in books]
        for done in asyncio.as_completed(tasks):
            print(await done)
""",
    "group of tasks behind the session": ASYNC
    + """\
async def announce(book):
    await asyncio.sleep(0)
    return book.author.name  # fails: DetachedInstanceError


async def main():
    await fill()
    async with Session() as session:
        book = await session.get(Book, 1)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(announce(book))
    print(task.result())
""",
    "group whose results are entities": ASYNC
    + """\
async def find():
    async with Session() as session:
        return await session.get(Book, 1)


async def main():
    await fill()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(find())
    print(task.result().author.name)  # fails: DetachedInstanceError
""",
    "executor behind the session": SYNC
    + """\
from concurrent.futures import ThreadPoolExecutor


def describe(book):
    return book.author.name  # fails: DetachedInstanceError


def main():
    fill()
    with Session() as session:
        books = session.scalars(select(Book)).all()
    with ThreadPoolExecutor(1) as pool:
        print(list(pool.map(describe, books)))
""",
    "executor's result is an entity": SYNC
    + """\
from concurrent.futures import ThreadPoolExecutor

POOL = ThreadPoolExecutor(1)


def find():
    with Session() as session:
        return session.get(Book, 1)


def main():
    fill()
    future = POOL.submit(find)
    print(future.result().author.name)  # fails: DetachedInstanceError
""",
    "executor gets what it reads": SYNC
    + """\
from concurrent.futures import ThreadPoolExecutor


def describe(book):
    return book.author.name


def main():
    fill()
    with Session() as session:
        books = session.scalars(select(Book).options(joinedload(Book.author))).all()
    with ThreadPoolExecutor(1) as pool:
        print(pool.submit(describe, books[0]).result())
""",
}

# The error of a thread doesn't reach main(), that of a callback goes to the loop.
ANALYSED = {
    "thread": SYNC
    + """\
from threading import Thread


def describe(book):
    print(book.author.name)  # fails: DetachedInstanceError


def handler(session: "Session", book_id: int):
    with Session() as session:
        book = session.get(Book, book_id)
        Thread(target=describe, args=(book,), daemon=True).start()
""",
    "thread of the program's own class": SYNC
    + """\
from threading import Thread


class Describe(Thread):
    def __init__(self, book):
        super().__init__()
        self.book = book

    def run(self):
        print(self.book.author.name)  # fails: DetachedInstanceError


def handler(book_id: int):
    with Session() as session:
        Describe(session.get(Book, book_id)).start()
""",
    "thread that is joined while the session is open": SYNC
    + """\
from threading import Thread


def describe(book):
    print(book.author.name)


def handler(book_id: int):
    with Session() as session:
        thread = Thread(target=describe, args=(session.get(Book, book_id),))
        thread.start()
        thread.join()
""",
    "submitted and forgotten": SYNC
    + """\
from concurrent.futures import ThreadPoolExecutor

POOL = ThreadPoolExecutor(4)


def describe(book):
    print(book.author.name)  # fails: DetachedInstanceError


def handler(book_id: int):
    with Session() as session:
        POOL.submit(describe, session.get(Book, book_id))
""",
    "callback of the loop": ASYNC
    + """\
def describe(book):
    print(book.author.name)  # fails: DetachedInstanceError


async def handler(book_id: int):
    async with Session() as session:
        asyncio.get_running_loop().call_later(5, describe, await session.get(Book, book_id))
""",
    "task that gets the session too": ASYNC
    + """\
async def describe(session, book):
    await session.refresh(book, ["author"])
    print(book.author.name)


async def handler(session: AsyncSession, book_id: int):
    book = await session.get(Book, book_id)
    asyncio.create_task(describe(session, book))
""",
    "task that loads what it needs": ASYNC
    + """\
async def describe(book_id):
    async with Session() as session:
        book = await session.get(Book, book_id, options=[joinedload(Book.author)])
        print(book.author.name)


async def handler(session: AsyncSession, book_id: int):
    book = await session.get(Book, book_id)
    asyncio.create_task(describe(book.id))
""",
    "task that the caller awaits": ASYNC
    + """\
async def describe(book):
    print(book.author.name)  # fails: MissingGreenlet


def start(book):
    return asyncio.create_task(describe(book))


async def handler(book_id: int):
    async with Session() as session:
        await start(await session.get(Book, book_id))
""",
}


@pytest.mark.parametrize("text", RUN.values(), ids=RUN)
def test_sqlalchemy_does_what_is_marked(text: str) -> None:
    check_run(text)


@pytest.mark.parametrize("text", [*RUN.values(), *ANALYSED.values()], ids=[*RUN, *ANALYSED])
def test_analyser_agrees(text: str) -> None:
    check_findings(text)


@pytest.mark.parametrize("name", ["thread", "submitted and forgotten", "callback of the loop"])
def test_handed_over_objects_outlive_their_session(name: str) -> None:
    finding = check_findings(ANALYSED[name])
    assert finding is not None
    assert finding.code == "DET110"
