"""Mutation recall of one project: ``python -m tests.corpus.mutation TREE OUT PATH ...``.

Each loader option of the project is deleted on its own. Those that a read depends on (see ``loaded_reads``)
are run, a seeded sample of them where there are many; a mutant is *found* when the mutated program has a
finding that the program itself has not, for one of the relationships that are no longer loaded. It is
*undecided* where a second option loads the same for another caller of a shared query (a generic
repository): nothing says which of the two the reads depend on. It is undecided too where each of its reads
has a finding without the deletion (a commit has expired the object).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from detachlint.cache.store import Store
from detachlint.config import Config
from detachlint.discover import Source
from detachlint.domain.findings import Finding
from detachlint.domain.models import ModelGraph
from detachlint.domain.source import Site
from detachlint.frameworks import FRAMEWORKS
from detachlint.frameworks.base import Nothing
from detachlint.frameworks.sqlalchemy.observers.usage import Usage
from detachlint.interpret.machine import Machine
from detachlint.interpret.run import interpret
from detachlint.judge import judge
from detachlint.models.build import build
from detachlint.parse.places import Places
from detachlint.pipeline import Parsed, parse_all
from tests.corpus.loaded_reads import LoadedRead, LoadedReads
from tests.corpus.measure import OutOfTimeError, limit_time, read_sources
from tests.corpus.mutants import Mutant, mutants

Key = tuple[str, str, str, str, str]


@dataclass
class Observed(Nothing):
    """Names that are read of things of which nothing is known."""

    names: set[str] = field(default_factory=set)

    def conclude(self, machine: Machine) -> None:
        self.names |= Usage.of(machine).names


@dataclass(frozen=True, slots=True)
class Placed:
    """A mutant in its file, and what the run without mutations says of it.

    Args:
        names: what is no longer loaded, as (owner or "", attribute).
        reads: (query, read) of those that depend on it.
        queries: those that its option reaches.
        status: ``read``, ``harmless`` (all reads are single lazy queries of a synchronous session),
            ``perhaps`` (an attribute of that name is read of something unknown), ``not run`` or ``unread``.
    """

    path: str
    mutant: Mutant
    names: frozenset[tuple[str, str]]
    status: str
    reads: tuple[tuple[Site, Site], ...] = ()
    queries: frozenset[Site] = frozenset()

    def shares(self, other: Placed) -> bool:
        """Whether the other loads the same by the same query, for another of its callers."""
        same = self.path == other.path and self.mutant.node == other.mutant.node
        return not same and bool(self.names & other.names and self.queries & other.queries)


class Project:
    """A project that is parsed once and analysed many times."""

    def __init__(self, paths: list[Path], store: Store | None = None) -> None:
        sources, _ = read_sources(paths)
        self.python = {s.path: s for s in sources if s.module}
        self.templates = {s.path: s.text for s in sources if not s.module}
        self._store = store
        self._parsed = Parsed()

    def findings(self, changed: Iterable[Source], watchers: Iterable[Nothing] = ()) -> list[Finding]:
        """The default findings, with the texts of some files replaced."""
        sources = {**self.python, **{s.path: s for s in changed}}
        program, _, _ = parse_all(list(sources.values()), None, self._store, 1, self._parsed)
        self.graph: ModelGraph = build(program)
        seen = interpret(program, self.graph, [*watchers, *(make(self.templates) for make in FRAMEWORKS)])
        texts = {path: source.text for path, source in sources.items()}
        self.places = Places(texts, self.templates, self._parsed.positions)
        return judge(seen.facts, self.graph, Config(), self.places)


def recall(
    project: Project, sample: int, seed: int, seconds: int, out: dict[str, Any], together: int = 1
) -> None:
    """Run the mutants and write what became of each into ``out``.

    Args:
        together: so many mutants may be in one program, each in a file of its own and about relationships of
            other names, so that a finding belongs to one of them.
    """
    reads, observed = LoadedReads(), Observed()
    start = time.process_time()
    with reads.recording():
        found_before = project.findings((), [reads, observed])
    before = _keys(found_before)
    out["baseline_seconds"] = round(time.process_time() - start, 1)
    placed = [p for path in sorted(project.python) for p in _placed(project, path, reads, observed)]
    out["mutants"] = dict(Counter(f"{p.mutant.kind} {p.status}" for p in placed))
    baseline = project.places
    reported = {(f.path, f.line, f.relationship or "") for f in found_before}
    out["not_read"] = [_described(p, baseline) for p in placed if p.status != "read"]
    wanted = [p for p in placed if p.status == "read"]
    chosen = random.Random(seed).sample(wanted, min(sample, len(wanted)))
    out["runs"] = []
    chosen.sort(key=lambda p: (p.path, p.mutant.line, p.mutant.node))
    for batch in _batches(chosen, together):
        new: Counter[Key] | None = None
        limit_time(seconds)
        with suppress(OutOfTimeError):
            new = _keys(project.findings([_changed(project, each) for each in batch])) - before
        limit_time(0)
        for each in batch:
            answer, found = _answer(each, new) if new is not None else ("out of time", [])
            if answer == "missed" and (
                any(each.shares(other) for other in placed) or _has_findings(each, baseline, reported)
            ):
                answer = "undecided"
            out["runs"].append({**_described(each, baseline), "answer": answer, "findings": found})
            print(f"{answer:12} {each.path}:{each.mutant.line} {each.mutant.code}", flush=True)
    out["answers"] = dict(Counter(r["answer"] for r in out["runs"]))


def _batches(chosen: list[Placed], together: int) -> list[list[Placed]]:
    batches: list[list[Placed]] = []
    for each in chosen:
        names = {name for _, name in each.names}
        for batch in batches:
            taken = {name for other in batch for _, name in other.names}
            if len(batch) < together and not names & taken and all(o.path != each.path for o in batch):
                batch.append(each)
                break
        else:
            batches.append([each])
    return batches


def _changed(project: Project, placed: Placed) -> Source:
    source = project.python[placed.path]
    return Source(source.path, source.module, source.is_package, placed.mutant.text)


def _keys(findings: list[Finding]) -> Counter[Key]:
    """Without lines, which the deletion moves."""
    return Counter(
        (code, f.path, f.entity or "", f.relationship or "", f.chain or f.message)
        for f in findings
        for code in (f.code, *(way.code for way in f.also))
    )


def _answer(placed: Placed, new: Counter[Key]) -> tuple[str, list[str]]:
    names = {name for _, name in placed.names}
    at_it = [k for k in new if k[3] in names]
    return ("found" if at_it else "missed"), [" ".join(k) for k in sorted(at_it or new)][:5]


def _has_findings(placed: Placed, places: Places, reported: set[tuple[str, int, str]]) -> bool:
    """Whether each of the mutant's reads was reported without it."""
    spans = [places.span(read) for _, read in placed.reads]
    names = {name for _, name in placed.names}
    return all(any((s.path, s.line, name) in reported for name in names) for s in spans)


def _described(placed: Placed, places: Places) -> dict[str, Any]:
    mutant = placed.mutant
    return {
        "path": placed.path,
        "line": mutant.line,
        "kind": mutant.kind,
        "code": mutant.code,
        "status": placed.status,
        "names": sorted(f"{owner}.{name}" for owner, name in placed.names),
        "reads": [f"{_line(places, query)} -> {_line(places, read)}" for query, read in placed.reads[:8]],
    }


def _line(places: Places, site: Site) -> str:
    span = places.span(site)
    return f"{span.path}:{span.line}"


def _placed(project: Project, path: str, reads: LoadedReads, observed: Observed) -> list[Placed]:
    out = []
    for mutant in mutants(project.python[path].text):
        site = Site(path, mutant.node)
        if mutant.kind == "mapping":
            out.append(_mapping(project, path, mutant, reads, observed))
            continue
        queries = reads.queries_of(site)
        hits = [
            (origin, r)
            for origin, r in reads.reads
            if origin in queries and not r.by_mapping and (r.attribute in mutant.names or not mutant.names)
        ]
        names = frozenset((r.owner, r.attribute) for _, r in hits) or frozenset(("", n) for n in mutant.names)
        if hits:
            status = "read" if any(r.needed for _, r in hits) else "harmless"
        elif not queries:
            status = "not run"
        else:
            status = "perhaps" if mutant.names & observed.names else "unread"
        out.append(Placed(path, mutant, names, status, _needed(hits), queries))
    return out


def _needed(hits: list[tuple[Site, LoadedRead]]) -> tuple[tuple[Site, Site], ...]:
    return tuple(sorted({(origin, r.site) for origin, r in hits if r.needed}))


def _mapping(project: Project, path: str, mutant: Mutant, reads: LoadedReads, observed: Observed) -> Placed:
    names = frozenset(
        (r.owner, r.name)
        for entity in project.graph.entities.values()
        for r in entity.relationships
        if r.site.path == path and project.places.span(r.site).line <= mutant.line <= _end(project, r.site)
    )
    hits = [(o, r) for o, r in reads.reads if r.by_mapping and (r.owner, r.attribute) in names]
    if hits:
        status = "read" if any(r.needed for _, r in hits) else "harmless"
    else:
        status = "perhaps" if {n for _, n in names} & observed.names else "unread"
    return Placed(path, mutant, names, status, _needed(hits))


def _end(project: Project, site: Site) -> int:
    return project.places.span(site).end_line


def main() -> int:
    """Parse the command line, run, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus.mutation", description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--sample", type=int, default=40)
    parser.add_argument("--together", type=int, default=1, help="mutants in one program")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--store", type=Path, help="folder that keeps what was parsed")
    parser.add_argument("--seconds", type=int, default=100, help="processor time of one analysis")
    arguments = parser.parse_args()
    out_path = arguments.out.resolve()
    store = Store(arguments.store.resolve()) if arguments.store is not None else None
    os.chdir(arguments.tree)
    out: dict[str, Any] = {}
    limit_time(2 * arguments.seconds)
    try:
        project = Project([Path(p) for p in arguments.paths if Path(p).exists()], store)
        recall(project, arguments.sample, arguments.seed, arguments.seconds, out, arguments.together)
    except (Exception, OutOfTimeError) as error:
        out["crash"] = {"error": f"{type(error).__name__}: {error}"[:500]}
    limit_time(0)
    out_path.write_text(json.dumps(out, indent=1), encoding="utf-8")
    return 1 if "crash" in out else 0


if __name__ == "__main__":
    sys.exit(main())
