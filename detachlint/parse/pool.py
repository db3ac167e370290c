"""Many texts, on several processors."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from detachlint.parse.task import Task
from detachlint.parse.worker import Worker, WorkerError

_BATCH = 64_000
"""Characters that a process takes at once: few enough that all of them end at about the same time."""

_WORTH_A_PROCESS = 1_000_000
"""Characters that take longer to parse than another process takes to start."""


def perform(task: Task, texts: Sequence[str], jobs: int, done: Callable[[int], None]) -> list[bytes]:
    """What the task makes of each text, in order.

    Args:
        jobs: number of processes, this one among them; 0 is one for each processor.
        done: called now and then with the number of texts that are done.
    """
    return _Pool(task, texts, done).run(_processes(texts, jobs))


def _processes(texts: Sequence[str], jobs: int) -> int:
    worth = 1 + sum(map(len, texts)) // _WORTH_A_PROCESS
    return min(jobs or _processors(), worth)


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on all systems
        return os.cpu_count() or 1


class _Pool:
    """This process takes its share of the batches; a thread for each other process hands it its own."""

    def __init__(self, task: Task, texts: Sequence[str], done: Callable[[int], None]) -> None:
        self._task = task
        self._texts = texts
        self._done = done
        self._results: dict[int, bytes] = {}
        self._batches = deque(_batches(texts))
        self._workers: list[Worker] = []
        self._stopped = False

    def run(self, processes: int) -> list[bytes]:
        threads = [threading.Thread(target=self._feed, daemon=True) for _ in range(processes - 1)]
        for thread in threads:
            thread.start()
        try:
            self._work()
            for thread in threads:
                thread.join()
            self._work()  # what a worker left that has ended early
        except BaseException:
            self._stopped = True
            for worker in self._workers:
                worker.stop()
            raise
        finally:
            for thread in threads:
                thread.join()
            for worker in self._workers:
                worker.close()
        return [self._results[number] for number in range(len(self._texts))]

    def _work(self) -> None:
        while (batch := self._take()) is not None:
            for number in batch:
                self._results[number] = self._task.perform(self._texts[number])
            self._done(len(self._results))

    def _feed(self) -> None:
        try:
            worker = Worker()
        except OSError:  # there may be no more processes; this one does all
            return
        self._workers.append(worker)
        if self._stopped:
            worker.stop()
        with suppress(WorkerError):
            worker.receive()
            while (batch := self._take()) is not None:
                self._hand(worker, batch)

    def _hand(self, worker: Worker, batch: list[int]) -> None:
        try:
            worker.send(self._task, [self._texts[number] for number in batch])
        except WorkerError:  # before it looked at any of them
            self._batches.append(batch)
            raise
        for place, number in enumerate(batch):
            try:
                self._results[number] = worker.receive()
            except WorkerError as error:
                self._results[number] = self._task.give_up(str(error))
                self._batches.append(batch[place + 1 :])
                raise

    def _take(self) -> list[int] | None:
        try:
            return self._batches.popleft()
        except IndexError:
            return None


def _batches(texts: Sequence[str]) -> list[list[int]]:
    """Numbers of texts in batches of about equal length, the longest texts first."""
    batches: list[list[int]] = []
    room = 0
    for number in sorted(range(len(texts)), key=lambda number: -len(texts[number])):
        if room <= 0:
            batches.append([])
            room = _BATCH
        batches[-1].append(number)
        room -= len(texts[number])
    return batches
