"""Whole reports: nothing is analysed where nothing has changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from enum import Enum
from functools import cache
from typing import Any, get_args

from detachlint.cache.keys import analyser_version, digest, text_digest
from detachlint.cache.store import Store
from detachlint.config import Config
from detachlint.discover import Source
from detachlint.domain.findings import Edit, Finding, Fix, Report, Severity, TraceStep, Way
from detachlint.domain.source import Problem, Span

_SEEN_IN_THE_SOURCES = frozenset({"root", "paths", "src", "exclude", "respect_gitignore"})
_NOT_IN_A_REPORT = frozenset({"per_file_ignores", "cache", "cache_dir", "jobs"})

_KINDS = {
    kind.__name__: kind for kind in (Report, Finding, Problem, Span, TraceStep, Way, Fix, Edit, Severity)
}


def report_key(sources: Iterable[Source], config: Config, fixes: bool | None = False) -> str | None:
    """The name of the report on the sources; None where there can be none.

    Every option counts but for those that choose the sources, and those that change nothing in a report: a
    new option is safe before somebody thinks of it here.
    """
    try:
        version = analyser_version()
    except OSError:
        return None
    left_out = _SEEN_IN_THE_SOURCES | _NOT_IN_A_REPORT
    options = [(one.name, getattr(config, one.name)) for one in fields(config) if one.name not in left_out]
    listed = sorted((s.path, s.module, s.is_package, text_digest(s.text)) for s in sources)
    options.append(("fixes", fixes))
    return digest(b"report", version, repr(options).encode(), repr(listed).encode("utf-8", "surrogatepass"))


def load_report(store: Store, key: str) -> Report | None:
    data = store.get(key)
    if data is None:
        return None
    try:
        report = _revived(json.loads(data))
    except (KeyError, TypeError, ValueError):
        return None
    return report if isinstance(report, Report) else None


def keep_report(store: Store, key: str, report: Report) -> None:
    store.put(key, json.dumps(_plain(report), separators=(",", ":")).encode())


def _kind(name: str) -> type[Any]:
    return _KINDS.get(name) or _kinds_of_proposals()[name]


@cache
def _kinds_of_proposals() -> Mapping[str, type[Any]]:
    """Imported late: many a report has no findings, and so no proposals."""
    from detachlint.domain.edits import Action, Applicability, Proposal
    from detachlint.domain.facts import Via
    from detachlint.domain.source import Site

    return {kind.__name__: kind for kind in (Proposal, Applicability, Via, Site, *get_args(Action))}


def _plain(value: Any) -> Any:
    """Records, enumerations, tuples and dictionaries as lists with their kind in front.

    Not msgspec: it has no unions of dataclasses, and takes longer to import than all the rest.
    """
    if value is None or type(value) in (str, int, bool):
        return value
    if type(value) is tuple:
        return ["tuple", *[_plain(one) for one in value]]
    if type(value) is dict:
        return ["dict", *[[key, _plain(one)] for key, one in value.items()]]
    name = type(value).__name__
    if _kind(name) is not type(value):
        raise TypeError(f"a report that holds a {name} cannot be kept")
    if isinstance(value, Enum):
        return [name, value.value]
    parts = tuple(value) if isinstance(value, tuple) else [getattr(value, one.name) for one in fields(value)]
    return [name, *[_plain(one) for one in parts]]


def _revived(plain: Any) -> Any:
    """What ``_plain`` was given. Only the kinds that are listed here are ever made."""
    if type(plain) is not list:
        return plain
    name, *parts = plain
    match name:
        case "tuple":
            return tuple([_revived(one) for one in parts])
        case "dict":
            return {key: _revived(one) for key, one in parts}
        case _:
            return _kind(name)(*[_revived(one) for one in parts])
