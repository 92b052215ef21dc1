"""`irbis image`: what goes onto a station's card. Each action is a module of its own with
``configure(parser)`` and ``execute(args) -> int``."""

from __future__ import annotations

import argparse
from types import ModuleType
from typing import NamedTuple

from tools.image import build, label, provision, stamp, unprovision, update_bundle, update_keys


class Action(NamedTuple):
    """An action's module, and how it is told in one line."""

    module: ModuleType
    summary: str
    example: str


ACTIONS = {
    "build": Action(
        build,
        "build a card's image from Debian packages, locked wheels and models",
        "irbis image build --board pi4 --release bookworm --out irbis.img.zst",
    ),
    "stamp": Action(
        stamp,
        "put an identity and a configuration onto an image or a card",
        "irbis image stamp irbis.img --station-id ridge-7 --basecamp irbis-basecamp-1:...",
    ),
    "label": Action(
        label,
        "print the label of a card whose station made its own key",
        "irbis image label /dev/sdb --register register.csv",
    ),
    "keys": Action(
        update_keys,
        "make the keys that sign updates",
        "irbis image keys /media/stick/keys",
    ),
    "bundle": Action(
        update_bundle,
        "make a signed update of a card's image",
        "irbis image bundle irbis.img.zst --keys /media/stick/keys --out irbis-pi4.raucb",
    ),
    "provision": Action(
        provision,
        "add Irbis to a stock system: running, mounted, or in an image",
        "irbis image provision / --config station.toml",
    ),
    "unprovision": Action(
        unprovision,
        "take away what provision added",
        "irbis image unprovision /",
    ),
}


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, action in ACTIONS.items():
        action.module.configure(
            actions.add_parser(
                name,
                help=action.summary,
                description=action.summary[0].upper() + action.summary[1:] + ".",
                epilog=f"example: {action.example}",
            )
        )


def execute(args: argparse.Namespace) -> int:
    return int(ACTIONS[args.action].module.execute(args))
