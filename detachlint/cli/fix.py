"""``detachlint fix``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from detachlint.cli import INCOMPLETE
from detachlint.cli.output import in_color, show
from detachlint.cli.progress import ProgressBar
from detachlint.cli.settings import codes, configure

_LEFT = 1


@click.command("fix")
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--diff", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--unsafe-fixes", is_flag=True, help="Use fixes too that may change what the code means.")
@click.option("--select", multiple=True, metavar="CODES", help="Mend only these: codes or prefixes.")
@click.option("--extend-select", multiple=True, metavar="CODES", help="Mend these besides.")
@click.option("--ignore", multiple=True, metavar="CODES", help="Do not mend these.")
@click.option("--config", "config_file", type=click.Path(), help="Use this pyproject.toml.")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep what was parsed.")
@click.option("--jobs", type=click.IntRange(min=1), help="Number of processes; one a processor by default.")
def command(
    paths: tuple[str, ...],
    diff: bool,
    unsafe_fixes: bool,
    select: tuple[str, ...],
    extend_select: tuple[str, ...],
    ignore: tuple[str, ...],
    config_file: str | None,
    no_cache: bool,
    jobs: int | None,
) -> None:
    """Mend the lazy loads of a program that fail.

    Every edit is tried before it is made: the edited program is analysed again, and the finding must be gone
    and no new one there. PATHS are files and folders; without any, those of [tool.detachlint] or the working
    directory.

    \b
    Exit status: 0 nothing is left (with --diff: nothing would change),
    1 something is, 2 the run failed or could not look at or write everything.
    """
    config, chosen = configure(
        config_file,
        paths,
        select=codes(select),
        extend_select=codes(extend_select),
        ignore=codes(ignore),
        cache=False if no_cache else None,
        jobs=jobs,
    )
    from detachlint.api import fix, write_fixes
    from detachlint.report.diff import render_diff
    from detachlint.report.fixes import render_fixed
    from detachlint.report.problems import render_problems

    with ProgressBar() as progress:
        fixed = fix(chosen, config, unsafe=unsafe_fixes, progress=progress)
    problems = fixed.report.problems
    if diff:
        lines = render_diff(fixed.changed)
        if in_color():
            show(lines)
        else:  # to the byte, for `patch` and `git apply`
            for line in lines:
                click.echo("".join(text for text, _ in line))
    else:
        problems = (*problems, *write_fixes(fixed, chosen, config, cwd=Path.cwd()))
    summary = render_fixed(fixed.fixed, fixed.changed, replace(fixed.report, problems=()), done=not diff)
    if diff:
        for line in summary:
            click.echo("".join(text for text, _ in line), err=True)
    else:
        show(summary)
    for text in render_problems(problems):
        click.echo(text, err=True)
    if any(problem.fatal for problem in problems):
        raise click.exceptions.Exit(INCOMPLETE)
    if fixed.report.findings or (diff and fixed.changed):
        raise click.exceptions.Exit(_LEFT)
