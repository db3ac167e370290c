"""Which projects are measured, and which historic fixes are looked for."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Project:
    """A public repository at a commit, and what is analysed of it."""

    repo: str
    commit: str
    paths: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.repo.split("/")[-1]


@dataclass(frozen=True, slots=True)
class HistoricFix:
    """A commit that mended a lazy load: its parent must be reported, it must not.

    Args:
        kind: the class of the fault.
        no_fix: why the commit does not mend what it says, or cannot be seen to; it is run and not counted.
    """

    repo: str
    commit: str
    parent: str
    paths: tuple[str, ...]
    kind: str
    subject: str
    no_fix: str = ""


def projects() -> list[Project]:
    """The manifest."""
    return [
        Project(entry["repo"], entry["commit"], tuple(entry["paths"]))
        for entry in _read("manifest.toml")["project"]
    ]


def historic_fixes() -> list[HistoricFix]:
    """The commits that mended a lazy load."""
    return [
        HistoricFix(
            entry["repo"],
            entry["commit"],
            entry["parent"],
            tuple(entry["paths"]),
            entry["kind"],
            entry["subject"],
            entry.get("no_fix", ""),
        )
        for entry in _read("fixes.toml")["fix"]
    ]


def _read(name: str) -> dict[str, list[dict[str, str]]]:
    return tomllib.loads((_HERE / name).read_text(encoding="utf-8"))
