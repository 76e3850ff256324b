"""`python -m bootstrap.bench`: the command alone."""

import typer

from bootstrap.bench.command import register_bench

app = typer.Typer(add_completion=False)
register_bench(app)
app()
