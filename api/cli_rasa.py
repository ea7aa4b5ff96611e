"""`muster rasa`: the dialogue's files, checked, and as a project for a Rasa 3.6 server."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_commands(commands: Any) -> None:
    rasa = commands.add_parser("rasa", help="the dialogue's files, for a Rasa server")
    parts = rasa.add_subparsers(dest="part", required=True, metavar="WHAT")
    export = parts.add_parser("export", help="write a project that Rasa 3.6 trains as it is")
    export.add_argument("folder", type=Path, metavar="DIR")
    export.set_defaults(run=_export)
    check = parts.add_parser("check", help="whether the dialogue's files can be interpreted")
    check.add_argument("folder", type=Path, nargs="?", metavar="DIR", help="default: our own")
    check.set_defaults(run=_check)


def _export(chosen: argparse.Namespace) -> None:
    from assistant.rasa_export import export_project

    for path in export_project(chosen.folder):
        print(path)


def _check(chosen: argparse.Namespace) -> None:
    from assistant.domain import FOLDER, load_domain

    domain = load_domain(chosen.folder or FOLDER)
    languages = ", ".join(["en", *sorted(domain.responses.languages)])
    print(
        f"{len(domain.rules)} rules, {len(domain.intents)} intents, {len(domain.slots)} slots, "
        f"{len(domain.responses.english)} responses ({languages}): all of it is interpreted."
    )
