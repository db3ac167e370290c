"""Bytes in files that are named after what the bytes were made from.

An entry never changes, so several runs and several machines may share a folder, and it may be deleted at any
time. Whatever is wrong with the folder or with an entry means that there is no entry.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from detachlint.config import Config

MAX_BYTES = 128_000_000
"""What the entries may take together, about: those that nobody has read for longest go first."""

FOLDER_VARIABLE = "DETACHLINT_CACHE_DIR"

_PREFIX = "entries-"
_ENTRIES = f"{_PREFIX}1"
_OLD = ".old"
_CHECKSUM = 16
_DAY = 86_400.0
_MARKS = {
    # Backups leave out what has this file: https://bford.info/cachedir/
    "CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n# A cache of detachlint.\n",
    ".gitignore": "*\n",
}


def open_store(config: Config) -> Store | None:
    """The store that the options ask for; None where there is to be none."""
    return Store(folder_of(config)) if config.cache else None


def folder_of(config: Config) -> Path:
    """The folder of the options, or of the environment, or the user's cache folder."""
    if config.cache_dir is not None:
        return config.cache_dir
    if chosen := os.environ.get(FOLDER_VARIABLE):
        return Path(chosen)
    from platformdirs import user_cache_path

    return user_cache_path("detachlint", appauthor=False)


class Store:
    """The entries in a folder. The folder need not exist, nor be one that can be written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._entries = os.path.join(folder, _ENTRIES)
        self._may_write = True
        self._has_written = False

    def get(self, key: str) -> bytes | None:
        """The bytes of an entry; None where there is none, or one that is damaged."""
        path = self._path(key)
        try:
            with open(path, "rb", buffering=0) as stream:
                last_used = os.fstat(stream.fileno()).st_mtime
                content = stream.read()
        except OSError:
            return None
        if content[:_CHECKSUM] != _checksum(content[_CHECKSUM:]):
            return None
        if time.time() - last_used > _DAY:
            with suppress(OSError):  # not ours to change
                os.utime(path)
        return content[_CHECKSUM:]

    def put(self, key: str, data: bytes) -> None:
        """Keep the bytes, if that can be done. Who reads at the same time finds all of them or none."""
        if not self._may_write:
            return
        try:
            try:
                self._write(self._path(key), data)
            except FileNotFoundError:  # the folder went between two steps
                self._write(self._path(key), data)
        except OSError:
            self._may_write = False

    def prune(self, limit: int = MAX_BYTES) -> None:
        """After a run that has written: delete what was not used for longest, where there is too much."""
        if not self._has_written:
            return
        entries = sorted(self._sizes())
        total = sum(size for _, size, _ in entries)
        if total <= limit:
            return
        for _, size, path in entries:
            with suppress(OSError):  # somebody else has deleted it
                os.unlink(path)
            total -= size
            if total <= limit * 3 // 4:
                return

    def clear(self) -> None:
        """Delete all entries, and nothing else that may be in the folder.

        Raises:
            OSError: something cannot be deleted.
        """
        for folder in _listed(os.fspath(self.folder)):
            if folder.name.startswith(_PREFIX) and folder.is_dir(follow_symlinks=False):
                # Out of the way first: who writes meanwhile begins a new folder.
                old = folder.path if folder.name.endswith(_OLD) else f"{folder.path}.{_unique()}{_OLD}"
                with suppress(FileNotFoundError):
                    os.rename(folder.path, old)
                    _delete(old)

    def _path(self, key: str) -> str:
        return os.path.join(self._entries, key[:2], key[2:])

    def _write(self, path: str, data: bytes) -> None:
        self._make(os.path.dirname(path))
        temporary = f"{path}.{_unique()}.tmp"
        try:
            with open(temporary, "wb") as stream:
                stream.write(_checksum(data))
                stream.write(data)
            os.replace(temporary, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
        self._has_written = True

    def _make(self, folder: str) -> None:
        if os.path.isdir(folder):
            return
        os.makedirs(folder, exist_ok=True)
        for name, text in _MARKS.items():
            mark = self.folder / name
            if not mark.exists():
                mark.write_text(text, encoding="ascii")

    def _sizes(self) -> Iterator[tuple[float, int, str]]:
        """When each entry was used, its size, and its path."""
        for folder in _listed(self._entries):
            for file in _listed(folder.path):
                with suppress(OSError):
                    status = file.stat(follow_symlinks=False)
                    yield status.st_mtime, status.st_size, file.path


def _listed(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _delete(folder: str) -> None:
    import shutil

    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        raise
    except OSError:  # who had begun to write has ended by now
        shutil.rmtree(folder)


def _unique() -> str:
    return os.urandom(6).hex()


def _checksum(data: bytes) -> bytes:
    return blake2b(data, digest_size=_CHECKSUM).digest()
