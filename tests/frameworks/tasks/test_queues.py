"""Task queues: an entity that is handed over arrives without a session."""

import pytest

from tests.frameworks.library import ASYNC, SYNC
from tests.frameworks.marked_programs import check_findings, check_run

# library -> (how a task is declared, its first parameter if the library gives it, how ``book`` is handed over)
QUEUES = {
    "celery delay": ("from celery import Celery\n\napp = Celery('shop')\n", "@app.task\n", "", "mail.delay(book)"),
    "celery shared_task": (
        "from celery import shared_task\n", "@shared_task(bind=True)\n", "self, ", "mail.apply_async(args=[book])"
    ),
    "celery chain": ("from celery import chain, shared_task\n", "@shared_task\n", "", "chain(mail.si(book)).apply_async()"),
    "celery by name": (
        "from celery import Celery\n\napp = Celery('shop')\n", "@app.task(name='main.mail')\n", "",
        "app.send_task('main.mail', args=(book,))",
    ),
    "dramatiq send": ("import dramatiq\n", "@dramatiq.actor\n", "", "mail.send(book)"),
    "dramatiq options": (
        "import dramatiq\n", "@dramatiq.actor(max_retries=3)\n", "",
        "mail.send_with_options(kwargs={'book': book}, delay=10)",
    ),
    "rq": ("from rq import Queue\n\nqueue = Queue()\n", "", "", "queue.enqueue(mail, book)"),
    "rq later": ("from rq import Queue\n\nqueue = Queue()\n", "", "", "queue.enqueue_in(60, mail, book)"),
    "apscheduler": (
        "from apscheduler.schedulers.background import BackgroundScheduler\n\nscheduler = BackgroundScheduler()\n",
        "", "", "scheduler.add_job(mail, 'date', args=[book])",
    ),
}  # fmt: skip

ASYNC_QUEUES = {
    "taskiq": (
        "from taskiq import InMemoryBroker\n\nbroker = InMemoryBroker()\n", "@broker.task\n", "", "mail.kiq(book)"
    ),
    "taskiq kicker": (
        "from taskiq import InMemoryBroker\n\nbroker = InMemoryBroker()\n", "@broker.task\n", "",
        "mail.kicker().with_labels(delay=1).kiq(book=book)",
    ),
    "arq": ("from arq import create_pool\n", "", "ctx, ", "redis.enqueue_job('mail', book, _defer_by=5)"),
}  # fmt: skip


def _program(imports: str, decorator: str, first: str, handing: str, read: str) -> str:
    return (
        imports
        + SYNC
        + f"""\
{decorator}def mail({first}book):
    print({read}


def handler(book_id: int):
    with Session() as session:
        book = session.get(Book, book_id)
        {handing}
"""
    )


def _async_program(imports: str, decorator: str, first: str, handing: str, read: str) -> str:
    return (
        imports
        + ASYNC
        + f"""\
{decorator}async def mail({first}book):
    print({read}


async def handler(book_id: int, redis):
    async with Session() as session:
        book = await session.get(Book, book_id)
        await {handing}
"""
    )


@pytest.mark.parametrize("queue", QUEUES.values(), ids=QUEUES)
def test_entity_is_detached_in_a_task(queue: tuple[str, str, str, str]) -> None:
    finding = check_findings(_program(*queue, "book.author.name)  # fails: DetachedInstanceError"))
    assert finding is not None
    assert finding.code == "DET110"
    assert "task queue" in finding.message


@pytest.mark.parametrize("queue", QUEUES.values(), ids=QUEUES)
def test_columns_arrive(queue: tuple[str, str, str, str]) -> None:
    check_findings(_program(*queue, "book.title)"))


@pytest.mark.parametrize("queue", ASYNC_QUEUES.values(), ids=ASYNC_QUEUES)
def test_entity_is_detached_in_an_async_task(queue: tuple[str, str, str, str]) -> None:
    finding = check_findings(_async_program(*queue, "book.author.name)  # fails: DetachedInstanceError"))
    assert finding is not None
    assert finding.code == "DET110"


@pytest.mark.parametrize("queue", ASYNC_QUEUES.values(), ids=ASYNC_QUEUES)
def test_columns_arrive_in_an_async_task(queue: tuple[str, str, str, str]) -> None:
    check_findings(_async_program(*queue, "book.title)"))


def test_loaded_relationships_arrive() -> None:
    loaded = _program(*QUEUES["rq"], "book.author.name)").replace(
        "book_id)\n        queue", "book_id, options=[joinedload(Book.author)])\n        queue"
    )
    assert "joinedload(Book.author)" in loaded
    check_findings(loaded)


def test_the_sender_keeps_its_object() -> None:
    """What the task does to its copy is no business of the sender's."""
    check_findings(
        "import dramatiq\n"
        + SYNC
        + """\
@dramatiq.actor
def mail(book_id):
    with Session() as session:
        print(session.get(Book, book_id).author.name)


def handler(book_id: int):
    with Session() as session:
        book = session.get(Book, book_id)
        mail.send(book.id)
        print(book.author.name)
"""
    )


def test_a_task_that_is_only_called_by_the_worker_is_analysed() -> None:
    check_findings(
        "from celery import shared_task\n"
        + SYNC
        + """\
@shared_task
def report(book_id):
    with Session() as session:
        book = session.get(Book, book_id)
    print(book.author.name)  # fails: DetachedInstanceError
"""
    )


def test_a_pickled_entity_has_no_session() -> None:
    """Why the analyser says so: queues send pickles."""
    check_run(
        "import pickle\n"
        + SYNC
        + """\
def main():
    fill()
    with Session() as session:
        book = pickle.loads(pickle.dumps(session.get(Book, 1)))
        print(book.title)
        print(book.author.name)  # fails: DetachedInstanceError
"""
    )
