"""A hand-over onto a boot partition, in an order in which no half of it counts."""

from __future__ import annotations

from tools.flashing.boot import Boot
from tools.flashing.errors import StampError
from tools.flashing.order import Handover
from tools.handover import CONFIG, IDENTITY, SYSTEM


def put_handover(boot: Boot, handover: Handover) -> None:
    """Write ``handover`` and read it back. What an earlier one left is taken away first.

    Raises StampError when the card does not give back what was written.
    """
    here = boot.names()
    # The two that make a station look are the first to go and the last to come.
    for name in sorted(here, key=lambda name: name.lower() not in (CONFIG, SYSTEM)):
        if name != IDENTITY:
            boot.remove(name)
    for name, content in handover.files.items():
        boot.write(name, content)
    for name, content in handover.files.items():
        if boot.read(name) != content:
            raise StampError(
                f"{name}: does not come back from the card as it was written; take another card"
            )
