"""`irbis catalogue build` and `irbis catalogue show`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from edge.config import Triage
from edge.records import Side
from edge.security.keys import BasecampKey, BasecampToken
from edge.security.signed_file import CATALOGUE_MAGIC, sign_file
from edge.triage.known import load_catalogue
from edge.vision.catalogue.file import Catalogue, encode_catalogue
from edge.vision.eyes import open_eyes
from tools.catalogue.building import REFERENCES, SIZE_BYTES, build
from tools.catalogue.errors import LabelsError
from tools.catalogue.labels import read_labels


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    make = actions.add_parser(
        "build",
        help="make a catalogue from labelled pictures",
        epilog="example: irbis catalogue build flanks --key basecamp/basecamp.key --out cats.irbis",
    )
    make.add_argument(
        "folder", type=Path, help="pictures and labels.csv: file,individual,side[,visit]"
    )
    make.add_argument("--key", type=Path, required=True, help="basecamp's key file, which signs")
    make.add_argument("--out", type=Path, required=True, help="the catalogue to write")
    make.add_argument(
        "--references",
        type=int,
        default=REFERENCES,
        help="most pictures kept of each side; default %(default)s",
    )
    make.add_argument(
        "--size",
        type=int,
        default=SIZE_BYTES,
        metavar="BYTES",
        help="of the catalogue, shared by all sides; default %(default)s",
    )
    show = actions.add_parser(
        "show",
        help="who is in a catalogue",
        epilog="example: irbis catalogue show cats.irbis --basecamp irbis-basecamp-1:...",
    )
    show.add_argument("file", type=Path, help="the catalogue")
    signer = show.add_mutually_exclusive_group(required=True)
    signer.add_argument("--basecamp", metavar="TOKEN", help="the token of who must have signed it")
    signer.add_argument("--key", type=Path, help="basecamp's key file, in place of the token")
    show.add_argument("--json", action="store_true", help="for a program")


def execute(args: argparse.Namespace) -> int:
    """Make or show a catalogue. Raises LabelsError, CatalogueError, KeyFileError."""
    return _build(args) if args.action == "build" else _show(args)


def _build(args: argparse.Namespace) -> int:
    if args.references < 1 or args.size < 1:
        raise LabelsError("--references and --size must be 1 or more")
    key = BasecampKey.load(args.key)
    flanks = read_labels(args.folder)
    if not flanks:
        raise LabelsError(f"{args.folder}: the table names no picture")
    entries, skipped = build(
        flanks, open_eyes(Triage()).anatomist, _progress, args.references, args.size
    )
    for one in skipped:
        print(f"left out: {one.flank.path}: {one.why}", file=sys.stderr)
    if not entries:
        raise LabelsError(f"{args.folder}: no picture shows a coat well enough")
    data = sign_file(encode_catalogue(entries), CATALOGUE_MAGIC, key)
    _write(args.out, data)
    print(f"{args.out}: {len(data)} bytes, {_told(Catalogue(tuple(entries)))}")
    return 0


def _show(args: argparse.Namespace) -> int:
    token = BasecampKey.load(args.key).token if args.key else BasecampToken.parse(args.basecamp)
    catalogue = load_catalogue(args.file, token)
    rows = [
        {
            "individual": entry.known.individual,
            "side": entry.side.value,
            "references": len(entry.known.references),
            "points": sum(map(len, entry.known.references)),
        }
        for entry in catalogue.entries
    ]
    if args.json:
        print(json.dumps({"rows": rows}))
        return 0
    for row in rows:
        print("{individual:<32} {side:<6} {references:>3} pictures".format(**row))
    print(f"signed by this basecamp; {_told(catalogue)}")
    return 0


def _told(catalogue: Catalogue) -> str:
    left, right = len(catalogue.of(Side.LEFT)), len(catalogue.of(Side.RIGHT))
    return f"{len(catalogue.individuals)} individuals, {left} left sides, {right} right sides"


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {total} pictures", end="\n" if done == total else "", file=sys.stderr)


def _write(path: Path, data: bytes) -> None:
    """There whole or not at all: a station may be reading the old one."""
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise LabelsError(f"{path}: cannot be written: {error.strerror or error}") from error
