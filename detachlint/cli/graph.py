"""``detachlint graph``."""

from __future__ import annotations

import click

from detachlint.cli import INCOMPLETE
from detachlint.cli.output import show
from detachlint.cli.settings import configure


@click.command("graph")
@click.argument("paths", nargs=-1, type=click.Path())
@click.option(
    "--format",
    "graph_format",
    type=click.Choice(["tree", "json", "mermaid", "dot"]),
    default="tree",
    show_default=True,
    help="How to show the graph.",
)
@click.option("--config", "config_file", type=click.Path(), help="Use this pyproject.toml.")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep what was parsed.")
@click.option("--jobs", type=click.IntRange(min=1), help="Number of processes; one a processor by default.")
def command(
    paths: tuple[str, ...], graph_format: str, config_file: str | None, no_cache: bool, jobs: int | None
) -> None:
    """Show the mapped classes of a program and how they are related.

    PATHS are files and folders; without any, those of [tool.detachlint] or the working directory.
    """
    config, chosen = configure(config_file, paths, cache=False if no_cache else None, jobs=jobs)
    from detachlint.api import graph as graph_of

    graph = graph_of(chosen, config)
    match graph_format:
        case "json":
            from detachlint.report.graph_json import render_graph_json

            click.echo(render_graph_json(graph))
        case "mermaid":
            from detachlint.report.graph_mermaid import render_mermaid

            click.echo("\n".join(render_mermaid(graph)))
        case "dot":
            from detachlint.report.graph_dot import render_dot

            click.echo("\n".join(render_dot(graph)))
        case _:
            from detachlint.report.graph_tree import render_tree

            show(render_tree(graph))
    if graph_format != "json":
        from detachlint.report.problems import render_problems

        for line in render_problems(graph.problems):
            click.echo(line, err=True)
    if any(problem.fatal for problem in graph.problems):
        raise click.exceptions.Exit(INCOMPLETE)
