"""One identity: into the register, onto the card, onto paper, in this order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge.security.keys import StationToken
from tools.flashing import label as labels
from tools.flashing.boot import Boot
from tools.flashing.errors import FlashError
from tools.flashing.fingerprint import fingerprint
from tools.flashing.order import Handover
from tools.flashing.register import Register
from tools.flashing.stamping import put_handover


@dataclass(frozen=True, slots=True)
class Paper:
    """Where it is written down. ``again`` allows a station that has a card already a new key."""

    register: Register
    labels: Path
    again: bool = False

    def require_new(self, handover: Handover) -> None:
        """Raise RegisterError for a station, or a key, that is on a card; FlashError where no label
        can be kept."""
        try:
            self.labels.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FlashError(f"{self.labels}: no labels can be kept: {error.strerror}") from error
        if self.again:
            self.register.require_new_key(handover.token)
        else:
            self.register.require_new(handover.station, handover.token)


def issue(boot: Boot, handover: Handover, paper: Paper, card: str = "", image: str = "") -> None:
    """Stamp ``boot``; print the label and say where it is. Raises FlashError.

    ``card`` is its serial number, ``image`` the sha256 of what was flashed, for the register.
    """
    paper.require_new(handover)
    paper.register.add(handover.station, "begun", handover.token, card, image)
    put_handover(boot, handover)
    paper.register.add(handover.station, "done", handover.token, card, image)
    print_label(handover.station, handover.token, paper.labels)


def print_label(station: str, token: StationToken | None, folder: Path) -> None:
    """The label as text here, and as files in ``folder``. Raises FlashError."""
    told = None if token is None else fingerprint(token)
    label = labels.Label(station, told, datetime.now(UTC).date())
    files = labels.save(label, folder)
    print(labels.as_text(label))
    print(f"label: {files[0]} (also .pdf and .svg)", flush=True)
