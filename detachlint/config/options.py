"""The one place where options are defined."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PerFileIgnores = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Config:
    """All options, in their final form. The key in pyproject.toml is the name with dashes.

    Args:
        root: the folder that relative paths and patterns count from; None is the working directory.
        paths: what to check when no path is given.
        src: folders that Python imports from; found out where this is empty.
        exclude: gitignore patterns of files to leave out, besides the built-in ones.
        respect_gitignore: leave out what git leaves out.
        select: codes or prefixes of the rules to use; empty means the rules that are on by default.
        extend_select: codes or prefixes to use besides.
        ignore: codes or prefixes not to use; the longer prefix wins.
        per_file_ignores: pairs of a gitignore pattern and the codes or prefixes not to use there.
        strict: report each read that is not proved to be loaded.
        helpers: modules or functions that hold the project's safe queries, in dotted form.
        cache: keep what was parsed for the next run.
        cache_dir: where; None is the user's cache folder.
        sqlalchemy: the version of SQLAlchemy that the program runs with ("1.4"); found out where it is "".
        jobs: number of processes to parse with; 0 is one for each processor.
    """

    root: Path | None = None
    paths: tuple[str, ...] = (".",)
    src: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    respect_gitignore: bool = True
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: PerFileIgnores = ()
    strict: bool = False
    helpers: tuple[str, ...] = ()
    cache: bool = True
    cache_dir: Path | None = None
    sqlalchemy: str = ""
    jobs: int = 0
