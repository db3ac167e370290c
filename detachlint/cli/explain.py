"""``detachlint explain``."""

from __future__ import annotations

import difflib
import sys

import click

from detachlint.cli import INCOMPLETE
from detachlint.cli.output import in_color, show, width


@click.command("explain")
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Tell what a rule finds, why that is bad, and what to write instead.

    CODE is a rule's code or name; without it, all rules are listed.
    """
    from detachlint.report.explain import render_rules, rule_markdown
    from detachlint.rules import RULES

    if code is None:
        show(render_rules(RULES, width=width()))
        return
    by_key = {key: rule for rule in RULES for key in (rule.code, rule.name.upper())}
    rule = by_key.get(code.upper())
    if rule is None:
        typed = code.upper().replace("O", "0").replace("I", "1")  # the letters that look like digits
        close = difflib.get_close_matches(typed, [rule.code for rule in RULES], n=1, cutoff=0.5)
        hint = f" (did you mean {close[0]}?)" if close else ""
        click.echo(f"detachlint: no rule is called '{code}'{hint}", err=True)
        raise click.exceptions.Exit(INCOMPLETE)
    text = rule_markdown(rule)
    if not in_color():
        click.echo(text, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console(file=sys.stdout, width=width()).print(Markdown(text, code_theme="ansi_dark"))
