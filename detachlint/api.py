"""The stable Python API."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from detachlint.cache import Store, open_store
from detachlint.cache.reports import keep_report, load_report, report_key
from detachlint.config import Config
from detachlint.discover import Source, discover, read_source, sqlalchemy_version
from detachlint.domain.findings import Report
from detachlint.domain.source import Problem

if TYPE_CHECKING:
    from detachlint.domain.models import ModelGraph
    from detachlint.pipeline import Progress
    from detachlint.repair import Fixed

# The stages are imported where they are called: a run where nothing has changed does without them.

__all__ = ["analyse", "analyse_sources", "fix", "fix_sources", "graph", "safe_queries", "write_fixes"]


def analyse(
    paths: Sequence[Path | str],
    config: Config | None = None,
    *,
    progress: Progress | None = None,
    cwd: Path | None = None,
    fixes: bool | None = False,
) -> Report:
    """Analyse files and folders.

    Args:
        paths: what to analyse; paths in the report are relative to ``cwd``.
        progress: called with (stage, done, total).
        cwd: the working directory.
        fixes: try the fixes of the findings, which takes further analyses; None: of programs that are not
            large.
    """
    config, cwd = config or Config(), cwd or Path.cwd()
    sources, problems, config = _read(paths, config, cwd)
    report = _report(sources, config, progress, open_store(config), fixes)
    if config.per_file_ignores:
        from detachlint.selection import PerFileIgnores

        ignored = PerFileIgnores(config, cwd)
        report = replace(report, findings=tuple(f for f in report.findings if not ignored.hide(f)))
    return replace(report, problems=tuple(sorted({*problems, *report.problems})))


def analyse_sources(files: Mapping[str, str], config: Config | None = None, *, fixes: bool = False) -> Report:
    """Analyse texts that need not be files: path -> text. Module names follow from the paths. Nothing is
    kept for later runs.
    """
    from detachlint.repair import examined

    return examined([Source.of(path, text) for path, text in files.items()], config or Config(), fixes=fixes)


def fix(
    paths: Sequence[Path | str],
    config: Config | None = None,
    *,
    unsafe: bool = False,
    progress: Progress | None = None,
    cwd: Path | None = None,
) -> Fixed:
    """Mend what is found in files and folders, in memory: ``write_fixes`` writes it.

    Args:
        unsafe: use unsafe fixes too.
    """
    from detachlint.repair import mended

    config, cwd = config or Config(), cwd or Path.cwd()
    sources, problems, config = _read(paths, config, cwd)
    store = open_store(config)
    done = mended(sources, config, progress, store, unsafe=unsafe, cwd=cwd)
    if store is not None:
        store.prune()
    report = replace(done.report, problems=tuple(sorted({*problems, *done.report.problems})))
    return replace(done, report=report)


def fix_sources(files: Mapping[str, str], config: Config | None = None, *, unsafe: bool = False) -> Fixed:
    """Mend texts that need not be files: path -> text."""
    from detachlint.repair import mended

    return mended([Source.of(path, text) for path, text in files.items()], config or Config(), unsafe=unsafe)


def write_fixes(
    fixed: Fixed, paths: Sequence[Path | str], config: Config | None = None, *, cwd: Path | None = None
) -> tuple[Problem, ...]:
    """Replace the files that change, each as a whole, in ``paths`` and the project that they belong to.

    Returns:
        why files were left as they are, one line each.
    """
    from detachlint.fix.write import write

    folder = cwd or Path.cwd()
    root = (config or Config()).root
    inside = [folder / path for path in paths] + ([root] if root is not None else [])
    written = (
        write(path, before, after, cwd=folder, inside=inside)
        for path, (before, after) in fixed.changed.items()
    )
    return tuple(problem for problem in written if problem is not None)


def graph(
    paths: Sequence[Path | str], config: Config | None = None, *, cwd: Path | None = None
) -> ModelGraph:
    """The relationship graph of the mapped classes in files and folders."""
    from detachlint import pipeline
    from detachlint.models.build import build

    sources, problems, config = _read(paths, config or Config(), cwd or Path.cwd())
    store = open_store(config)
    program, unparsed, _ = pipeline.parse_all([s for s in sources if s.module], None, store, config.jobs)
    if store is not None:
        store.prune()
    found = build(program)
    return replace(found, problems=tuple(sorted({*problems, *unparsed, *found.problems})))


def safe_queries(
    paths: Sequence[Path | str],
    config: Config | None = None,
    *,
    progress: Progress | None = None,
    cwd: Path | None = None,
) -> tuple[str, tuple[Problem, ...]]:
    """A module of queries that load what the program in files and folders reads of its objects.

    Returns:
        The text of the module, "" when there is nothing to load along, and the problems on the way.
    """
    from detachlint import pipeline
    from detachlint.synthesis import registries_in, write_module

    sources, problems, config = _read(paths, config or Config(), cwd or Path.cwd())
    store = open_store(config)
    found, demands, others = pipeline.demanded(sources, config, progress, store)
    if store is not None:
        store.prune()
    registries = registries_in(source.text for source in sources)
    return write_module(found, demands, registries), tuple(sorted({*problems, *others}))


def _report(
    sources: list[Source],
    config: Config,
    progress: Progress | None,
    store: Store | None,
    fixes: bool | None,
) -> Report:
    """The report of an earlier run on the same input, or a new one."""
    if os.environ.get("DETACHLINT_DEBUG"):
        store = None  # whoever debugs wants to see it happen
    key = report_key(sources, config, fixes) if store is not None else None
    kept = load_report(store, key) if store is not None and key is not None else None
    if kept is not None:
        return kept
    from detachlint.repair import examined

    report = examined(sources, config, progress, store, fixes=fixes)
    if store is not None:
        if key is not None and all(problem.lasting for problem in report.problems):
            keep_report(store, key, report)
        store.prune()
    return report


def _read(
    paths: Sequence[Path | str], config: Config, cwd: Path
) -> tuple[list[Source], list[Problem], Config]:
    """The sources, what is wrong with them, and the options with what the project's files tell."""
    discovery = discover([Path(p) for p in paths], config, cwd)
    problems = list(discovery.problems)
    sources: list[Source] = []
    for file in (*discovery.files, *discovery.templates):
        text = read_source(file)
        if isinstance(text, Problem):
            problems.append(text)
        else:
            sources.append(Source(file.path, file.module, file.is_package, text))
    if not config.sqlalchemy:
        roots = sorted({file.root for file in discovery.files})
        config = replace(config, sqlalchemy=sqlalchemy_version(roots))
    return sources, problems, config
