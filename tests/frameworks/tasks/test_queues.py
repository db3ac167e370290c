"""Task queues: an entity that is handed over arrives without a session."""

import pytest

from detachlint.api import analyse_sources
from tests.frameworks.library import ASYNC, SYNC
from tests.frameworks.marked_programs import check_findings, check_run

_CELERY = "from celery import Celery, chain, shared_task\n\napp = Celery('shop')\n"
_DRAMATIQ = "import dramatiq\n"
_RQ = "from rq import Queue\n\nqueue = Queue()\n"
_SCHEDULER = (
    "from apscheduler.schedulers.blocking import BlockingScheduler\n\nscheduler = BlockingScheduler()\n"
)
_TASKIQ = "from taskiq import InMemoryBroker\n\nbroker = InMemoryBroker()\n"
_ARQ = "from arq import create_pool\n"

# name -> imports, decorator, first parameter if the library gives one, how ``book`` is handed over
QUEUES = {
    "celery delay": (_CELERY, "@app.task\n", "", "mail.delay(book)"),
    "celery bound": (_CELERY, "@shared_task(bind=True)\n", "self, ", "mail.apply_async(args=[book])"),
    "celery chain": (_CELERY, "@shared_task\n", "", "chain(mail.si(book)).apply_async()"),
    "celery name": (_CELERY, "@app.task(name='main.mail')\n", "", "app.send_task('main.mail', args=(book,))"),
    "dramatiq": (_DRAMATIQ, "@dramatiq.actor\n", "", "mail.send(book)"),
    "dramatiq options": (
        _DRAMATIQ,
        "@dramatiq.actor(max_retries=3)\n",
        "",
        "mail.send_with_options(kwargs={'book': book}, delay=10)",
    ),
    "rq": (_RQ, "", "", "queue.enqueue(mail, book)"),
    "rq later": (_RQ, "", "", "queue.enqueue_in(60, mail, book)"),
    "rq call": (_RQ, "", "", "queue.enqueue_call(func=mail, args=(book,), timeout=30)"),
    "apscheduler": (_SCHEDULER, "", "", "scheduler.add_job(mail, 'date', args=[book])"),
}

ASYNC_QUEUES = {
    "taskiq": (_TASKIQ, "@broker.task\n", "", "mail.kiq(book)"),
    "taskiq kicker": (_TASKIQ, "@broker.task\n", "", "mail.kicker().with_labels(delay=1).kiq(book=book)"),
    "arq": (_ARQ, "", "ctx, ", "redis.enqueue_job('mail', book, _defer_by=5)"),
}


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


_OWN_TASKS = """\
from celery import Celery


class Shop(Celery):
    def __init__(self):
        class Task(self.Task):
            def apply_async(self, args=None, kwargs=None, **options):
                {sent}
                return super().apply_async(args, kwargs, **options)

        self.Task = Task


app = Shop()
"""


@pytest.mark.parametrize(
    ("sent", "codes"),
    [
        ("args = [(type(a), a.id) for a in args]", []),
        ("options['headers'] = {'site': 1}", ["DET110"]),
    ],
)
def test_what_a_class_of_tasks_sends_in_the_place_of_an_entity(sent: str, codes: list[str]) -> None:
    imports = _OWN_TASKS.format(sent=sent)
    program = _program(imports, "@app.task\n", "", "mail.delay(book)", "book.author.name)")
    assert [f.code for f in analyse_sources({"main.py": program}).findings] == codes
