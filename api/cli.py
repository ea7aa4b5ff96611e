"""`muster`: the command line. Each family of commands lives in a module of its own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from api import (
    cli_data,
    cli_evaluate,
    cli_learn,
    cli_rasa,
    cli_rehearse,
    cli_replay,
    cli_serve,
    cli_staff,
    cli_train,
)
from models.errors import DomainError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; errors people can mend are one sentence on stderr and exit 1."""
    parser = argparse.ArgumentParser(
        prog="muster",
        description="Reports of one disturbance become one incident while they arrive. "
        "For a first look: muster demo.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    families = (
        cli_serve, cli_staff, cli_data, cli_train, cli_learn, cli_evaluate, cli_replay, cli_rasa,
        cli_rehearse,
    )  # fmt: skip
    for family in families:
        family.add_commands(commands)
    chosen = parser.parse_args(arguments)
    try:
        result: int = chosen.run(chosen) or 0
    except DomainError as error:
        sys.stderr.write(f"muster: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nmuster: stopped by Ctrl-C.\n")
        return 130
    return result


if __name__ == "__main__":
    raise SystemExit(main())
