"""The slots of this machine: which one it runs from, and who keeps their state."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from edge.health.root import slot_of
from tools.slots.state import SlotError
from tools.slots.tryboot import CONFIG, TrybootSlots
from tools.slots.uboot import UBootSlots

BOOT = Path("/boot/firmware")


class Bootloader(Protocol):
    """The state of the slots, as one bootloader keeps it. Every method may raise SlotError."""

    def obstacle(self) -> str:
        """Why no slot can be tried on this card, and the way out; "" where one can."""

    def primary(self) -> str: ...

    def activate(self, slot: str) -> None: ...

    def verdict(self, slot: str) -> str: ...

    def mark(self, slot: str, verdict: str) -> None: ...

    def on_trial(self, slot: str) -> bool: ...

    def reboot_argument(self) -> str: ...


def bootloader(boot: Path = BOOT) -> Bootloader:
    """The one that this boot partition is for. Raises SlotError where it cannot be seen."""
    try:
        if not boot.is_dir() or not any(boot.iterdir()):
            raise SlotError(f"no boot partition is mounted at {boot}")
        config = boot / CONFIG
        if config.is_file() and "os_prefix" in config.read_text("ascii", errors="replace"):
            return TrybootSlots(boot)
    except OSError as error:  # it is mounted as it is looked at, and that may fail
        reason = error.strerror or error
        raise SlotError(f"the boot partition at {boot} cannot be read: {reason}") from error
    return UBootSlots(boot)


def booted(cmdline: str) -> str:
    """The slot that the kernel was started from. Raises SlotError where this is no card of ours."""
    slot = slot_of(cmdline)
    if not slot:
        raise SlotError(
            "this system has no slots: it was not started from an Irbis card. "
            "A stock system is updated by: irbis image provision /"
        )
    return slot
