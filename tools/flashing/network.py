"""A whole network, card after card: ``stations.csv``, with a question between two cards."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from edge.errors import IrbisError
from tools.flashing.boot import boot_of
from tools.flashing.card import flash
from tools.flashing.consent import Consent
from tools.flashing.errors import DiskRefused, StampError
from tools.flashing.issuing import Paper
from tools.flashing.options import station_order
from tools.flashing.order import Order, make_handover
from tools.flashing.source import Image
from tools.handover import CONFIG, parse_text, parse_toml


@dataclass(frozen=True, slots=True)
class Row:
    """One station of the table; ``settings`` are its other columns, such as uplink.username."""

    station: str
    settings: Mapping[str, str]


def read_stations(path: Path) -> list[Row]:
    """The rows of ``path``, a CSV file with a column ``station``.

    Raises StampError when a name is missing or stands there twice.
    """
    try:
        text = parse_text(path.read_bytes(), str(path))
    except OSError as error:
        raise StampError(f"{path}: cannot be read: {error.strerror}") from error
    lines = text.splitlines()
    table = csv.DictReader(lines, strict=True, delimiter=_delimiter(lines))
    table.fieldnames = _columns(path, table.fieldnames or ())
    rows: list[Row] = []
    try:
        for cells in table:
            if None in cells:
                raise StampError(f"{path}, line {table.line_num}: its cells do not fit the columns")
            rest = {k: v.strip() for k, v in cells.items() if k != "station" and v and v.strip()}
            rows.append(Row((cells["station"] or "").strip(), rest))
    except csv.Error as error:
        raise StampError(f"{path}, line {table.line_num}: {error}") from error
    _require_names(path, [row.station for row in rows])
    return rows


def _delimiter(lines: Sequence[str]) -> str:
    """Where a comma divides whole from part of a number, spreadsheets write semicolons."""
    return ";" if lines and ";" in lines[0] and "," not in lines[0] else ","


def _columns(path: Path, told: Sequence[str]) -> list[str]:
    """Raise StampError without a column ``station``, however it is capitalized."""
    names = [name.strip() for name in told]
    names = ["station" if name.lower() == "station" else name for name in names]
    if "station" not in names:
        raise StampError(
            f"{path}: names no station; its first line must hold the column 'station', not only"
            f" {', '.join(names) or 'nothing'}"
        )
    return names


def _require_names(path: Path, names: Sequence[str]) -> None:
    if not names:
        raise StampError(f"{path}: names no station: it has a first line and no other")
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise StampError(f"{path}: {', '.join(sorted(twice))}: named twice; each has one card")


class Asking:
    """Asks the person at ``answers`` (a terminal, or lines from a pipe)."""

    def __init__(self, answers: TextIO) -> None:
        self._answers = answers

    def ask(self, question: str) -> str:
        """The answer in small letters; ``q`` where nobody is there to give one."""
        print(question, end=" ", flush=True)
        line = self._answers.readline()
        if not self._answers.isatty():
            print(flush=True)
        return line.strip().lower() if line else "q"


def flash_all(
    stations: Sequence[Row],
    common: Order,
    device: Path,
    image: Image,
    consent: Consent,
    paper: Paper,
    asking: Asking,
) -> int:
    """Flash a card for each station that the register does not hold yet; the exit code.

    A card that fails is asked for again; nothing else stops the rest. Raises IrbisError when a row
    or the register cannot be used, before the first card.
    """
    done = {} if paper.again else paper.register.done()
    orders = [(row, station_order(common, row.station, None, row.settings)) for row in stations]
    for _, order in orders:
        make_handover(order)  # every row is looked at before the first card
    flashed: set[str] = set()
    for row, order in orders:
        if row.station in done:
            print(f"{row.station}: has its card since {done[row.station].at}, passed over")
        elif not _one(row, order, flashed, device, image, consent, paper, asking):
            break
    left = [r.station for r in stations if r.station not in flashed and r.station not in done]
    print(f"{len(flashed)} flashed, {len(left)} left" + (f": {', '.join(left)}" if left else ""))
    if flashed:
        print(f"enrol them all: irbis basecamp enrol --from {paper.register.path} --data DIR")
    return 1 if left else 0


def _one(
    row: Row,
    order: Order,
    flashed: set[str],
    device: Path,
    image: Image,
    consent: Consent,
    paper: Paper,
    asking: Asking,
) -> bool:
    """Ask for a card and flash it, until it is done, passed over or all is over (False)."""
    while True:
        answer = asking.ask(
            f"{row.station}: put its card into {device}, then Enter (s: skip, q: stop):"
        )
        if answer == "q":
            return False
        if answer == "s":
            return True
        try:
            earlier = set() if paper.again else paper.register.done().keys()
            _require_next(device, flashed | earlier)
            flash(device, image, order, consent, paper)
        except IrbisError as error:
            print(f"{row.station}: {error}", flush=True)
            # A key that may lie on a spoilt card is not used for another one.
            order = replace(station_order(order, row.station, None))
            continue
        flashed.add(row.station)
        return True


def _require_next(device: Path, flashed: set[str]) -> None:
    """Raise DiskRefused when the card of a moment ago, or of an earlier call, is still in the
    reader: one of ``flashed`` that no station has taken in."""
    if not flashed or not device.exists():
        return
    try:
        values = parse_toml(parse_text(boot_of(device).read(CONFIG), CONFIG), CONFIG)
    except IrbisError:
        return  # another card, with something else on it or nothing
    station = values.get("station", {}).get("id")
    if station in flashed:
        raise DiskRefused(f"{device}: this is the card of {station}, never started; take the next")
