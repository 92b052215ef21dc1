"""A message that was written and has not left yet: it outlives a reboot, and goes as it is.

So basecamp recognises what may have arrived already, a message that is paid for is not paid for
again, and the news in it are known to be in this link's hands.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from pydantic import ConfigDict, TypeAdapter, ValidationError

from edge.spool.errors import SpoolFull
from edge.spool.keepsake import Keepsake


@dataclass(frozen=True, slots=True)
class Letter:
    """A sealed message, and the items whose news are in it, the first pick first."""

    frame: bytes = field(repr=False)
    item_ids: tuple[bytes, ...]


class Desk:
    """Holds one letter at most. For one thread."""

    def __init__(self, memory: Keepsake) -> None:
        """What was left there is picked up again."""
        self._memory = memory
        self.letter = _read(memory.load())

    def lay(self, letter: Letter) -> None:
        """From now on this is the letter. Raises SpoolFull, and nothing has changed."""
        self._memory.save(_ADAPTER.dump_json((letter.frame, letter.item_ids)))
        self.letter = letter

    def clear(self) -> None:
        """It left, or is not wanted any more. Where a full card cannot note that, a reboot sends
        it once more, and basecamp recognises it."""
        self.letter = None
        with suppress(SpoolFull):
            self._memory.save(b"")


def _read(saved: bytes | None) -> Letter | None:
    if not saved:
        return None
    try:
        frame, item_ids = _ADAPTER.validate_json(saved)
    except ValidationError:
        return None  # its news are still there, and are written anew
    return Letter(frame, item_ids) if item_ids else None


_ADAPTER = TypeAdapter(
    tuple[bytes, tuple[bytes, ...]],
    config=ConfigDict(ser_json_bytes="hex", val_json_bytes="hex"),
)
