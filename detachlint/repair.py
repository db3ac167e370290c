"""Analyses of one program with edits: for the fixes that are shown, and for those that are made."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from detachlint import pipeline
from detachlint.cache.store import Store
from detachlint.config import Config
from detachlint.discover import Source
from detachlint.domain.findings import Finding, Report
from detachlint.fix.trial import Seen
from detachlint.interpret.footprints import Key
from detachlint.pipeline import Progress
from detachlint.rules import RULES
from detachlint.selection import PerFileIgnores, select_rules

WORTH_COLLECTING = 500_000
"""After analyses of so many characters garbage is collected: for small programs that is what costs most."""
MAX_LINES_TRIED = 20_000
"""Up to this size of a program ``check`` shows fixes without being asked."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """What fixing a program comes to. Nothing is written yet.

    Args:
        changed: path -> the text before and after, of the files that change.
        fixed: the findings that are gone.
        report: what the edited program still shows; ``unfixed`` of a finding says why it was not mended.
    """

    changed: Mapping[str, tuple[str, str]]
    fixed: tuple[Finding, ...]
    report: Report


def examined(
    sources: list[Source],
    config: Config,
    progress: Progress | None = None,
    store: Store | None = None,
    *,
    fixes: bool | None = False,
) -> Report:
    """The report on a program, with the fixes of its findings.

    Args:
        fixes: whether to try them; None: where the program is not large.
    """
    run = _Runs(sources, config, progress, store)
    texts = {s.path: s.text for s in sources}
    seen = run(texts)
    report = run.first
    assert report is not None
    if fixes is None:
        fixes = report.statistics["lines"] <= MAX_LINES_TRIED
    if not fixes or not any(f.proposals for f in seen.findings):
        return report
    # Imported when there is something to try: LibCST's matchers take as long to import as LibCST.
    from detachlint.fix.offer import offer

    return replace(report, findings=offer(texts, run, seen))


def mended(
    sources: list[Source],
    config: Config,
    progress: Progress | None = None,
    store: Store | None = None,
    *,
    unsafe: bool = False,
    cwd: Path | None = None,
) -> Fixed:
    """The program mended, with all rules that are on by default watching, whatever was selected."""
    from detachlint.fix.mend import mend

    wide = replace(config, select=(), extend_select=(*config.select, *config.extend_select))
    codes = {rule.code for rule in select_rules(RULES, config)}
    ignored = PerFileIgnores(config, cwd or Path.cwd())

    def is_chosen(finding: Finding) -> bool:
        return finding.code in codes and not ignored.hide(finding)

    run = _Runs(sources, wide if config.select else config, progress, store)
    texts = {s.path: s.text for s in sources}
    first = run(texts)
    report = run.first
    assert report is not None
    done = mend(texts, run, is_chosen, unsafe=unsafe, seen=first)
    return Fixed(
        {path: (text, done.texts[path]) for path, text in texts.items() if done.texts[path] != text},
        tuple(f for f in done.fixed if is_chosen(f)),
        replace(report, findings=tuple(f for f in done.remaining if is_chosen(f))),
    )


class _Runs:
    """Analyses of one program with edited texts; what does not change is parsed once."""

    def __init__(
        self, sources: list[Source], config: Config, progress: Progress | None, store: Store | None
    ) -> None:
        self._sources = sources
        self._config = config
        self._progress = progress
        self._store = store
        self._parsed = pipeline.Parsed()
        self._left_behind = 0
        self.first: Report | None = None

    def __call__(
        self, texts: Mapping[str, str], since: Seen | None = None, only: frozenset[Key] | None = None
    ) -> Seen:
        sources = [replace(s, text=texts[s.path]) for s in self._sources]
        # What was tried and not kept is of no use to later runs.
        store = self._store if self.first is None else None
        before = (
            pipeline.Since(since.program, since.observed, only)
            if since is not None and since.observed is not None
            else None
        )
        found = pipeline.examine(sources, self._config, self._progress, store, self._parsed, before)
        if self.first is None:
            self.first = found.report
        else:  # what an analysis leaves behind refers to itself, and there may be dozens of them
            self._left_behind += sum(map(len, texts.values()))
            if self._left_behind > WORTH_COLLECTING:
                gc.collect()
                self._left_behind = 0
        return Seen(
            found.report.findings,
            found.report.problems,
            found.program,
            found.graph,
            found.hidden,
            found.observed,
            found.rerun,
        )
