"""The state of the slots as a Raspberry Pi's firmware reads it.

``config.txt`` names the slot that has proved itself (``os_prefix=a/``). ``tryboot.txt`` names one
on trial; the firmware reads it in place of the other once, after a reboot that asked for it. A
trial that hangs, or loses its power, is over: the next start reads ``config.txt``.
"""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

from tools.slots.state import BAD, GOOD, SLOTS, SlotError

CONFIG, TRY = "config.txt", "tryboot.txt"
OWN = "# Below this line: your own lines. An update takes them along."
"""Overlays of what is wired to this very board: no bundle knows them."""
_ENCODING = "latin-1"
"""Any byte is a letter: an editor's umlaut in somebody's comment is no reason to start nothing."""
_DEBIAN = re.compile(r"-arm64(-16k)?$")
"""How the releases of Debian's own kernels for these boards end; Raspberry Pi's end otherwise
(``+rpt-rpi-v8``, ``-v8+``), Ubuntu's in ``-raspi``."""
_PREFIX = re.compile(r"^(os_prefix[ \t]*=[ \t]*)([^\s/]*)/?([ \t]*\r?)$", re.MULTILINE)


class TrybootSlots:
    """The slots of a Raspberry Pi; ``boot`` is its boot partition, ``kernel`` the release of the
    kernel that runs."""

    def __init__(self, boot: Path, kernel: str | None = None) -> None:
        self._boot = boot
        self._kernel = platform.release() if kernel is None else kernel

    def obstacle(self) -> str:
        """Of the kernels only Raspberry Pi's passes the wish for a trial on to the firmware
        (raspberrypi/rpi-eeprom, issue 716)."""
        if not _DEBIAN.search(self._kernel):
            return ""
        return (
            f"this card runs Debian's kernel ({self._kernel}), which cannot ask a Raspberry Pi's"
            " firmware to try another slot; only Raspberry Pi's own can. Take this card home,"
            " open what lies on it (irbis basecamp open), and flash one of an image that was built"
            " without --kernel debian"
        )

    def primary(self) -> str:
        """The slot on trial, if there is one; else the proved one."""
        return self._slot_of(TRY) or self._proved()

    def activate(self, slot: str) -> None:
        """Start ``slot`` on trial, after a reboot with `reboot_argument`. Raises SlotError."""
        folder = self._boot / slot.lower()
        if not (folder / "vmlinuz").is_file():
            raise SlotError(f"{folder} has no kernel; install an update first")
        if slot == self._proved():
            self._forget_trial()
            return
        own = folder / CONFIG
        text = _read(own if own.is_file() else self._boot / CONFIG)
        self._write(TRY, with_own_lines(with_slot(text, slot), _read(self._boot / CONFIG)))

    def verdict(self, slot: str) -> str:
        return GOOD if slot in (self._proved(), self._slot_of(TRY)) else BAD

    def mark(self, slot: str, verdict: str) -> None:
        """A good slot's configuration becomes the one that every start reads. The proved slot is
        never called bad: there would be none left. Raises SlotError."""
        if verdict == BAD:
            if slot == self._slot_of(TRY):
                self._forget_trial()
        elif slot != self._proved():
            tried = self._boot / TRY
            if self._slot_of(TRY) != slot:
                raise SlotError(f"slot {slot} was not on trial")
            self._write(CONFIG, _read(tried))
            self._forget_trial()

    def on_trial(self, slot: str) -> bool:
        return slot != self._proved()

    def reboot_argument(self) -> str:
        """What systemd is told to pass on, so that the firmware reads ``tryboot.txt``."""
        return "0 tryboot" if self._slot_of(TRY) else ""

    def _proved(self) -> str:
        slot = self._slot_of(CONFIG)
        if slot is None:
            raise SlotError(f"{self._boot / CONFIG} has no os_prefix=a/ or b/")
        return slot

    def _slot_of(self, name: str) -> str | None:
        try:
            found = _PREFIX.search(_read(self._boot / name))
        except SlotError:
            return None
        slot = found[2].upper() if found else ""
        return slot if slot in SLOTS else None

    def _forget_trial(self) -> None:
        (self._boot / TRY).unlink(missing_ok=True)
        _sync(self._boot)

    def _write(self, name: str, text: str) -> None:
        """FAT renames in two steps, and a board without config.txt starts nothing: a text as long
        as the old one goes in its place, where it differs within one sector."""
        path = self._boot / name
        try:
            fits = path.is_file() and path.stat().st_size == len(text)
            written = path if fits else self._boot / f"{name}.new"
            with written.open("r+b" if fits else "wb") as file:
                file.write(text.encode(_ENCODING))
                file.flush()
                os.fsync(file.fileno())
            if not fits:
                written.replace(path)
            _sync(self._boot)
        except OSError as error:
            raise SlotError(f"the boot partition cannot be written: {error}") from error


def with_slot(text: str, slot: str) -> str:
    """``config.txt`` with another slot's folder. Raises SlotError where it names none."""
    changed, count = _PREFIX.subn(rf"\g<1>{slot.lower()}/\g<3>", text)
    if count != 1:
        raise SlotError(f"{CONFIG} must have one line os_prefix=a/, it has {count}")
    return changed


def with_own_lines(text: str, before: str) -> str:
    """``config.txt`` with what somebody wrote below the line `OWN` of the one ``before``."""
    _, line, own = before.partition(OWN)
    if not own.strip():
        return text
    head = text.partition(OWN)[0]
    return f"{head if head.endswith(chr(10)) else head + chr(13) + chr(10)}{line}{own}"


def _read(path: Path) -> str:
    try:
        with path.open(encoding=_ENCODING, newline="") as file:
            return file.read()
    except OSError as error:
        raise SlotError(f"{path} cannot be read: {error}") from error


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
