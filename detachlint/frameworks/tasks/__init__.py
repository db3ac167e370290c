"""Work that is done later or elsewhere: asyncio's tasks, threads, executors, and task queues."""

from detachlint.frameworks.tasks.framework import Tasks

__all__ = ["Tasks"]
