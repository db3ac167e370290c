"""Reading ``[tool.detachlint]``, with one clear line for whatever is wrong with it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from detachlint.config.options import Config, PerFileIgnores


class ConfigError(Exception):
    """The configuration can't be used.

    Args:
        path: the file, or a description of where the value came from.
    """

    def __init__(self, path: Path | str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


class _WrongType(Exception):
    """A value isn't of the kind that its key asks for; the text says which kind."""


def find_config(start: Path) -> Path | None:
    """The nearest pyproject.toml with a ``[tool.detachlint]`` table, in ``start`` or a folder above it."""
    start = start.absolute()
    for folder in (start, *start.parents):
        candidate = folder / "pyproject.toml"
        if candidate.is_file() and _table(candidate) is not None:
            return candidate
    return None


def load_config(path: Path) -> Config:
    """The options in a pyproject.toml, or in a TOML file with the same table.

    Raises:
        ConfigError: the file can't be read, or holds an unknown key or a value of the wrong type.
    """
    table = _table(path)
    if table is None:
        raise ConfigError(path, "has no [tool.detachlint] table")
    values: dict[str, Any] = {}
    for key, value in table.items():
        reader = _READERS.get(key)
        if reader is None:
            raise ConfigError(path, f"unknown key '{key}' in [tool.detachlint]{_hint(key)}")
        try:
            values[key.replace("-", "_")] = reader(value)
        except _WrongType as wrong:
            raise ConfigError(path, f"'{key}' in [tool.detachlint] must be {wrong}") from None
    root = path.absolute().parent
    if (cache_dir := values.get("cache_dir")) is not None:
        values["cache_dir"] = root / cache_dir
    return Config(root=root, **values)


def _table(path: Path) -> Mapping[str, Any] | None:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(path, f"cannot be read: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(path, f"is not valid TOML: {error}") from None
    tool = document.get("tool", {})
    table = tool.get("detachlint") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(path, "'tool.detachlint' must be a table")
    return table


def _hint(key: str) -> str:
    import difflib

    close = difflib.get_close_matches(key.replace("_", "-"), _READERS, n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _WrongType("a list of strings")
    return tuple(value)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise _WrongType("true or false")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _WrongType("a whole number that is not negative")
    return value


def _path(value: object) -> Path:
    if not isinstance(value, str):
        raise _WrongType("a string")
    return Path(value).expanduser()


def _version(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"\d+(\.\w+)*", value):
        raise _WrongType('a version, such as "1.4"')
    return value


def _codes_by_pattern(value: object) -> PerFileIgnores:
    if not isinstance(value, dict):
        raise _WrongType("a table of patterns, each with a list of codes")
    try:
        return tuple((pattern, _strings(codes)) for pattern, codes in value.items())
    except _WrongType:
        raise _WrongType("a table of patterns, each with a list of codes") from None


_READERS: Mapping[str, Callable[[object], object]] = {
    "paths": _strings,
    "src": _strings,
    "exclude": _strings,
    "respect-gitignore": _boolean,
    "select": _strings,
    "extend-select": _strings,
    "ignore": _strings,
    "per-file-ignores": _codes_by_pattern,
    "strict": _boolean,
    "helpers": _strings,
    "sqlalchemy": _version,
    "cache": _boolean,
    "cache-dir": _path,
    "jobs": _count,
}
