"""`python -m entrypoints.simulator`: starts the simulator with a few options."""

import argparse
import sys
from pathlib import Path

from entrypoints.simulator.main import run
from entrypoints.simulator.settings import SimulatorSettings


def settings_from(arguments: list[str]) -> SimulatorSettings:
    """The settings that the command line asks for; exits with a usage text when it makes no sense."""
    parser = argparse.ArgumentParser(
        prog="simulator", description="Plays APNs, FCM, Google's token endpoint, an SMTP server, SES and SNS."
    )
    parser.add_argument("--folder", type=Path, required=True, help="certificates and simulator.json go here")
    parser.add_argument("--host", default="127.0.0.1")
    for name in ("production", "sandbox", "fault", "control", "smtp", "smtps"):
        parser.add_argument(f"--{name}-port", type=int, default=0, help="0 picks a free port")
    parser.add_argument("--behaviour", dest="behaviour_file", type=Path, help="a .json or .toml file")
    parser.add_argument("--last-requests", type=int, default=1_000, help="requests kept in full")
    parser.add_argument(
        "--exit-with-parent", action="store_true", help="stop when the parent process is gone"
    )
    try:
        return SimulatorSettings(**vars(parser.parse_args(arguments)))
    except ValueError as error:
        parser.error(str(error))


def main() -> None:
    """Run until stopped; a taken port or a bad behaviour file is one line on stderr and exit code 1."""
    settings = settings_from(sys.argv[1:])
    try:
        run(settings)
    except (OSError, ValueError) as error:
        sys.exit(f"simulator: {error}")


if __name__ == "__main__":
    main()
