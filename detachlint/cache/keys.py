"""Names of entries: digests of everything that an entry depends on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

import detachlint

_SIZE = 20
_PACKAGE = Path(detachlint.__file__).parent


def digest(*parts: bytes) -> str:
    """A name for these bytes, in this order and with these limits."""
    state = blake2b(digest_size=_SIZE)
    for part in parts:
        state.update(len(part).to_bytes(8, "big"))
        state.update(part)
    return state.hexdigest()


def text_digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_SIZE).digest()


@cache
def parser_version() -> bytes:
    """Stands for the code that makes IR of a text.

    It is the code itself that counts, not a number that somebody has to raise: an installation from a
    repository has one version for many states.

    Raises:
        OSError: the code is not in files.
    """
    return _version((_PACKAGE / "parse",), ("libcst",))


@cache
def analyser_version() -> bytes:
    """Stands for all that makes a report of the sources.

    Raises:
        OSError: the code is not in files.
    """
    return _version((_PACKAGE,), ("libcst", "jinja2"))


def _version(folders: Iterable[Path], libraries: Iterable[str]) -> bytes:
    state = blake2b(digest_size=_SIZE)
    state.update(repr((detachlint.__version__, sys.implementation.name, sys.version_info[:3])).encode())
    for library in libraries:
        state.update(_library_version(library).encode())
    for folder in folders:
        for path in sorted(_python_files(str(folder))):
            state.update(path.removeprefix(str(folder)).encode())
            with open(path, "rb", buffering=0) as stream:
                state.update(stream.read())
    return state.digest()


def _python_files(folder: str) -> Iterable[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                yield entry.path
            elif entry.is_dir():
                yield from _python_files(entry.path)


def _library_version(name: str) -> str:
    """The version of an installed library.

    It is read off the name of its metadata's folder: importing ``importlib.metadata`` takes as long as a
    whole run on a small program where nothing has changed.
    """
    spec = find_spec(name)
    if spec is not None and spec.origin is not None:
        beside = os.path.dirname(os.path.dirname(spec.origin))
        found = [entry for entry in os.listdir(beside) if entry.lower().startswith(f"{name}-")]
        if found:
            return repr(sorted(found))
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        raise OSError(f"nothing tells the version of {name}") from None
