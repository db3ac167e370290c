"""A process that does with texts what it is told.

It is a plain child process with two pipes, started anew and not forked: a fork would copy locks that
threads of the caller hold, and ``multiprocessing`` would import the caller's main module once more.

In goes a batch as one frame, a task and texts. It is read whole before the first text is looked at, so that
the two ends never wait for each other with full pipes. Out come an empty frame, once the process is ready,
and then one frame for each text.
"""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import IO

import msgspec

from detachlint.parse.task import Task

_LENGTH = 8
_BATCH = msgspec.msgpack.Decoder(list[bytes])


class WorkerError(Exception):
    """The process has ended; the text says how."""


class Worker:
    """The caller's end.

    Raises:
        OSError: the process cannot be started.
    """

    def __init__(self) -> None:
        if not sys.executable or getattr(sys, "frozen", False):
            raise OSError("no Python to run")
        # The same places to import from, and nothing of the folder that happens to be the current one.
        code = f"import sys; sys.path[:] = {sys.path!r}\nfrom {__name__} import serve\nserve()"
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if os.environ.get("DETACHLINT_DEBUG") else subprocess.DEVNULL,
        )

    def send(self, task: Task, texts: Sequence[str]) -> None:
        """Give it something to do with some texts; what it makes of each is then to be received.

        Raises:
            WorkerError: the process has ended.
        """
        assert self._process.stdin is not None
        batch = [task.value.encode(), *[text.encode("utf-8", "surrogatepass") for text in texts]]
        try:
            _write(self._process.stdin, msgspec.msgpack.encode(batch))
        except OSError:
            raise self._end() from None

    def receive(self) -> bytes:
        """The next frame: the first is empty, each other one is what was made of a text.

        Raises:
            WorkerError: the process has ended.
        """
        assert self._process.stdout is not None
        frame = _read(self._process.stdout)
        if frame is None:
            raise self._end()
        return frame

    def stop(self) -> None:
        """End the process, whatever it is doing; who waits for it gets a WorkerError."""
        self._process.kill()

    def close(self) -> None:
        """Let go of the process once nobody waits for it."""
        self.stop()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with suppress(OSError):  # what could not be written any more
                stream.close()

    def _end(self) -> WorkerError:
        status = self._process.wait()
        if status >= 0:
            return WorkerError(f"exit status {status}")
        try:
            return WorkerError(signal.Signals(-status).name)
        except ValueError:
            return WorkerError(f"signal {-status}")


def serve() -> None:
    """The other end: answer until the caller closes the pipe or is gone."""
    # Ctrl-C reaches the whole process group. The caller decides, and closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # trees have no cycles
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    try:
        _write(answers, b"")
        while (frame := _read(requests)) is not None:
            task, *texts = _BATCH.decode(frame)
            for data in texts:
                _write(answers, Task(task.decode()).perform(data.decode("utf-8", "surrogatepass")))
    except OSError:
        os._exit(1)  # nobody listens any more, so there is nothing to flush either


def _write(stream: IO[bytes], frame: bytes) -> None:
    stream.write(len(frame).to_bytes(_LENGTH, "big"))
    stream.write(frame)
    stream.flush()


def _read(stream: IO[bytes]) -> bytes | None:
    """A whole frame; None where the stream ends."""
    head = stream.read(_LENGTH)
    if len(head) < _LENGTH:
        return None
    length = int.from_bytes(head, "big")
    frame = stream.read(length)
    return frame if len(frame) == length else None
