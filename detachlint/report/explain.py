"""The rules, for ``detachlint explain``: the text of one, or a list of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detachlint.report.style import Line, plain
from detachlint.rule import Rule


def rule_markdown(rule: Rule) -> str:
    """The text of a rule in Markdown, its heading included."""
    status = "on by default" if rule.default else "opt-in: name it with `--select` or `--extend-select`"
    facts = f"*{rule.severity.value.capitalize()}, {status}.*"
    return f"# {rule.code} {rule.name}\n\n{facts}\n\n{rule.doc.strip()}\n"


def render_rules(rules: Sequence[Rule], *, width: int = 80) -> Iterator[Line]:
    """A list of the rules by code; those that are off by default are marked."""
    name_width = max((len(rule.name) for rule in rules), default=0)
    for rule in sorted(rules, key=lambda rule: rule.code):
        note = "" if rule.default else " (opt-in)"
        room = width - len(rule.code) - name_width - 4
        summary = rule.summary + note
        if len(summary) > room:
            summary = summary[: max(0, room - 1)] + "…"
        yield (
            (rule.code, rule.severity.value),
            (f"  {rule.name.ljust(name_width)}  ", "path"),
            (summary, ""),
        )
    yield plain()
    yield plain("detachlint explain CODE tells more about a rule.", "quiet")
