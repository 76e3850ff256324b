"""`automata-signal`: the command line."""

from __future__ import annotations

from bootstrap.command_line import build

app = build()


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
