"""``detachlint check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from detachlint.cli import INCOMPLETE
from detachlint.cli.output import show, width
from detachlint.cli.progress import ProgressBar
from detachlint.cli.settings import codes, configure

if TYPE_CHECKING:
    from detachlint.domain.findings import Report

_FINDINGS = 1


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path())
@click.option(
    "--output-format",
    type=click.Choice(["text", "concise", "json"]),
    default="text",
    show_default=True,
    help="How to show the findings.",
)
@click.option("--select", multiple=True, metavar="CODES", help="Use only these rules: codes or prefixes.")
@click.option("--extend-select", multiple=True, metavar="CODES", help="Use these rules besides.")
@click.option("--ignore", multiple=True, metavar="CODES", help="Do not use these rules.")
@click.option("--strict", is_flag=True, help="Report each read that is not proved to be loaded.")
@click.option(
    "--fixes/--no-fixes",
    default=None,
    help="Try the fixes of the findings and show them; by default in programs that are not large.",
)
@click.option("--statistics", is_flag=True, help="Count findings, files and values that stayed unknown.")
@click.option("--config", "config_file", type=click.Path(), help="Use this pyproject.toml.")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep results of other runs.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are findings.")
@click.option("--jobs", type=click.IntRange(min=1), help="Number of processes; one a processor by default.")
def command(
    paths: tuple[str, ...],
    output_format: str,
    select: tuple[str, ...],
    extend_select: tuple[str, ...],
    ignore: tuple[str, ...],
    strict: bool,
    fixes: bool | None,
    statistics: bool,
    config_file: str | None,
    no_cache: bool,
    exit_zero: bool,
    jobs: int | None,
) -> None:
    """Report the lazy loads of a program that fail.

    PATHS are files and folders; without any, those of [tool.detachlint] or the working directory.

    \b
    Exit status: 0 nothing found, 1 something found,
    2 the run failed or could not look at everything.
    """
    config, chosen = configure(
        config_file,
        paths,
        select=codes(select),
        extend_select=codes(extend_select),
        ignore=codes(ignore),
        strict=strict or None,
        cache=False if no_cache else None,
        jobs=jobs,
    )
    # Imported late, so that --help need not wait for the parser.
    from detachlint.api import analyse

    with ProgressBar() as progress:
        report = analyse(
            chosen, config, progress=progress, fixes=False if output_format == "concise" else fixes
        )
    _write(report, output_format, statistics=statistics)
    if any(problem.fatal for problem in report.problems):
        raise click.exceptions.Exit(INCOMPLETE)
    if report.findings and not exit_zero:
        raise click.exceptions.Exit(_FINDINGS)


def _write(report: Report, output_format: str, *, statistics: bool) -> None:
    if output_format == "json":
        from detachlint.report.json import render_json

        click.echo(render_json(report))
        return
    from detachlint.report.problems import render_problems

    if output_format == "concise":
        from detachlint.report.concise import render_concise

        for line in render_concise(report):
            click.echo(line)
    else:
        from detachlint.report.sources import Sources
        from detachlint.report.text import render_text
        from detachlint.report.unproved import render_unproved

        show(render_text(report, Sources(Path.cwd()), width=width()))
        show(render_unproved(report))
    if statistics:
        from detachlint.report.statistics import render_statistics

        show(render_statistics(report))
    for line in render_problems(report.problems):
        click.echo(line, err=True)
