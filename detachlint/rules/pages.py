"""The pages of the rules for the site: ``python -m detachlint.rules.pages docs/rules`` writes them.

A page is the rule's own text, followed by the examples that the text does not show. Nothing on it is written
by hand, and a test fails when the pages are stale.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from detachlint.rule import Bad, Good, Rule
from detachlint.rules import RULES

INDEX = "index.md"


def pages(rules: Sequence[Rule] = RULES) -> Mapping[str, str]:
    """The text of each page by the name of its file, an index included."""
    return {INDEX: _index(rules), **{f"{rule.code}.md": page(rule) for rule in rules}}


def page(rule: Rule) -> str:
    """A rule in Markdown."""
    facts = f"*{rule.severity.value.capitalize()}, {_status(rule)}.*"
    parts = [f"# {rule.code} {rule.name}\n\n{facts}\n\n{rule.doc.strip()}\n"]
    more = [example for example in rule.examples if example.code not in rule.doc]
    if more:
        parts.append("## More examples\n")
        parts += [_example(example) for example in more]
    return "\n".join(parts)


def write(folder: Path) -> None:
    """Write all pages, and remove those of rules that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = pages()
    for stale in folder.glob("DET*.md"):
        if stale.name not in texts:
            stale.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _example(example: Bad | Good) -> str:
    if isinstance(example, Good):
        lead = "Nothing is reported here:"
    elif example.error is None:
        lead = "Reported, though no exception is raised:"
    else:
        lead = f"Raises `{example.error}`:"
    return f"{lead}\n\n```python\n{example.code}```\n"


def _index(rules: Sequence[Rule]) -> str:
    return "\n".join(["# Rules\n", *_table(rules), ""])


def _table(rules: Sequence[Rule]) -> Iterator[str]:
    yield "| Code | Name | Severity | Default | The fault |"
    yield "| --- | --- | --- | --- | --- |"
    for rule in rules:
        link = f"[{rule.code}]({rule.code}.md)"
        yield f"| {link} | {rule.name} | {rule.severity.value} | {_status(rule)} | {rule.summary} |"


def _status(rule: Rule) -> str:
    return "on by default" if rule.default else "opt-in"


if __name__ == "__main__":
    write(Path(sys.argv[1]))
