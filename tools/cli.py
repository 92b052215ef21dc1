"""The `irbis` command.

Each subcommand is a module of its own with ``configure(parser)`` and ``execute(args) -> int``; only
the one that is asked for is imported, so that a station arms fast.
Exit codes: 0 done, 1 failed with one clear line, 2 bad usage.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from edge import __version__
from edge.errors import IrbisError
from models.errors import ModelError


class Subcommand(NamedTuple):
    """Where a subcommand lives and how it is told in one line."""

    module: str
    summary: str
    example: str


SUBCOMMANDS = {
    "run": Subcommand("tools.run", "run the station", "irbis run --config station.toml"),
    "shot": Subcommand(
        "tools.shot",
        "try the station's camera: sizes, times, exposure, sharpness",
        "irbis shot --config station.toml --out look",
    ),
    "replay": Subcommand(
        "tools.replay.command",
        "drive the station with pictures from folders",
        "irbis replay /media/card/DCIM --report report.json",
    ),
    "demo": Subcommand(
        "tools.demo.command", "broker, basecamp and station on this machine", "irbis demo"
    ),
    "basecamp": Subcommand(
        "tools.basecamp.command",
        "the receiving end: store, show, acknowledge",
        "irbis basecamp serve --data basecamp --broker mqtt://127.0.0.1:1883",
    ),
    "config": Subcommand(
        "tools.config",
        "write or check a station's configuration",
        "irbis config check station.toml",
    ),
    "keys": Subcommand(
        "tools.keys", "make a station's key", "irbis keys station --out station.key"
    ),
    "catalogue": Subcommand(
        "tools.catalogue.command",
        "make a catalogue of known individuals, or look at one",
        "irbis catalogue build flanks --key basecamp/basecamp.key --out cats.irbis",
    ),
    "selftest": Subcommand(
        "tools.selftest",
        "whether camera, models, keys, radio, controller and card do their work",
        "irbis selftest --config station.toml",
    ),
    "effort": Subcommand(
        "tools.effort",
        "how long the station watched, and why not in between",
        "irbis effort --config station.toml",
    ),
    "queue": Subcommand(
        "tools.queue",
        "what waits to be sent, and why",
        "irbis queue why 3fa9 --config station.toml",
    ),
    "simulate": Subcommand(
        "tools.simulate.command",
        "a fleet of stations on a modelled radio channel",
        "irbis simulate --stations 500 --days 90 --seed 1 --out fleet",
    ),
    "models": Subcommand("tools.models", "list and verify the models", "irbis models verify"),
    "flash": Subcommand(
        "tools.flash",
        "write a card for a station, and print its label",
        "irbis flash /dev/sdb --image irbis.img.zst --station-id ridge-7 --basecamp TOKEN",
    ),
    "firstboot": Subcommand(
        "tools.firstboot.command",
        "on the station: take in what lies on the boot partition",
        "irbis firstboot --boot /boot/firmware",
    ),
    "image": Subcommand(
        "tools.image.command",
        "what goes onto a station's card",
        "irbis image provision / --config station.toml",
    ),
    "update": Subcommand(
        "tools.update",
        "new software into a card's spare slot",
        "irbis update /media/stick/irbis-pi4-0.2.raucb --restart",
    ),
    "slots": Subcommand(
        "tools.slots.command", "what RAUC asks of the bootloader", "irbis slots get-primary"
    ),
    "doctor": Subcommand("tools.doctor", "what this machine has and lacks", "irbis doctor"),
    "bench": Subcommand("tools.bench.command", "measure this machine, as ratios", "irbis bench"),
    "train": Subcommand(
        "tools.train.command",
        "teach the models a new valley",
        "irbis train --data my-valley --out my-models",
    ),
    "evaluate": Subcommand(
        "tools.evaluate.command",
        "what the models do on labelled pictures",
        "irbis evaluate my-pictures --out report",
    ),
}


class _Parser(argparse.ArgumentParser):
    """Refuses what it does not know itself, so that the usage shown is that of the subcommand."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"not known here: {' '.join(unknown)}")
        return known, unknown


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; its exit code."""
    # Pydantic would search every installed package for plugins: a tenth of the time to arm.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = _parser(arguments)
    args = parser.parse_args(arguments)
    if args.subcommand is None:
        parser.print_help()
        return 2
    module = importlib.import_module(SUBCOMMANDS[args.subcommand].module)
    try:
        return int(module.execute(args))
    except (IrbisError, ModelError) as error:
        print(f"irbis {args.subcommand}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1  # the reader of our output went away
    except KeyboardInterrupt:
        return 130


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser, with the options of the subcommand in ``arguments`` alone."""
    parser = _Parser(
        prog="irbis",
        description="Finds leopards on a camera trap and brings them to basecamp.",
        epilog="Each subcommand tells more: irbis SUBCOMMAND --help",
    )
    parser.add_argument("--version", action="version", version=f"irbis {__version__}")
    subparsers = parser.add_subparsers(dest="subcommand", metavar="SUBCOMMAND")
    asked = next((word for word in arguments if not word.startswith("-")), None)
    for name, subcommand in SUBCOMMANDS.items():
        subparser = subparsers.add_parser(
            name,
            help=subcommand.summary,
            description=subcommand.summary[0].upper() + subcommand.summary[1:] + ".",
            epilog=f"example: {subcommand.example}",
        )
        if name == asked:
            importlib.import_module(subcommand.module).configure(subparser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
