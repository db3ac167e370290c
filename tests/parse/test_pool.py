"""Processes that parse: the same outcome as without them, and what happens when one of them ends."""

import sys
import threading
from collections.abc import Sequence

import pytest

from detachlint.parse import pool
from detachlint.parse.outcome import Unparsed, decode
from detachlint.parse.pool import perform
from detachlint.parse.task import Task
from detachlint.parse.worker import Worker, WorkerError

TEXTS = [
    "x = 1\n",
    "",
    "def f(:\n",
    "s = '\ud800'\n",
    "s = '\\ud800'\n",
    "n = 123456789012345678901234567890\n",
    "match x:\n    case [a, *_]:\n        pass\n",
    "v = " + "[" * 250 + "]" * 250 + "\n",
    "type A[T] = list[T]\n",
]


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two texts are worth a process, and each is a batch."""
    monkeypatch.setattr(pool, "_WORTH_A_PROCESS", 1)
    monkeypatch.setattr(pool, "_BATCH", 1)


def parsed(texts: list[str], jobs: int) -> list[bytes]:
    return perform(Task.MODULE, texts, jobs, lambda done: None)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("jobs", [2, 5])
def test_it_makes_no_difference_who_parses(jobs: int) -> None:
    texts = [*TEXTS, *[f"x = {number}\n" * 50 for number in range(20)]]
    assert parsed(texts, jobs) == parsed(texts, 1)


def test_nothing_to_parse() -> None:
    assert parsed([], 4) == []


def test_a_worker_answers_in_order() -> None:
    worker = Worker()
    try:
        assert worker.receive() == b""
        worker.send(Task.MODULE, TEXTS)
        assert [worker.receive() for _ in TEXTS] == parsed(TEXTS, 1)
    finally:
        worker.close()


def test_a_worker_that_is_killed_says_so() -> None:
    worker = Worker()
    try:
        worker.receive()
        worker.stop()
        with pytest.raises(WorkerError, match="SIGKILL"):
            worker.receive()
    finally:
        worker.close()


def test_the_text_that_ends_a_process_is_named_and_the_rest_is_parsed(
    small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Event()

    class Dying(Worker):
        """Is killed over its first batch."""

        def send(self, task: Task, texts: Sequence[str]) -> None:
            self.stop()
            asked.set()

    monkeypatch.setattr(pool, "Worker", Dying)
    # The longest text goes first: this process takes it, and waits until the other has taken the second.
    texts = ["a = 1\n", "a = 1000\n", "a = 10\n", "a = 100\n"]
    outcomes = [decode(data) for data in perform(Task.MODULE, texts, 2, lambda done: assert_set(asked))]
    assert outcomes[3] == Unparsed(1, "the process that parsed it has ended (SIGKILL)", lasting=False)
    assert not any(isinstance(outcome, Unparsed) for outcome in outcomes[:3])


def assert_set(event: threading.Event) -> None:
    assert event.wait(60)


@pytest.mark.usefixtures("small_batches")
def test_an_interruption_ends_the_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    started, ended = threading.Event(), threading.Event()

    class Noted(Worker):
        def send(self, task: Task, texts: Sequence[str]) -> None:
            super().send(task, texts)
            started.set()

        def close(self) -> None:
            super().close()  # waits for the end of the process
            ended.set()

    def interrupt(done: int) -> None:
        assert_set(started)
        raise KeyboardInterrupt

    monkeypatch.setattr(pool, "Worker", Noted)
    with pytest.raises(KeyboardInterrupt):
        perform(Task.MODULE, [f"x = {number}\n" for number in range(50)], 2, interrupt)
    assert ended.is_set()


def test_no_python_to_start_is_no_hindrance(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = parsed(TEXTS, 1)
    monkeypatch.setattr(pool, "_WORTH_A_PROCESS", 1)
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    assert parsed(TEXTS, 3) == expected
