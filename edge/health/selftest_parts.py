"""What is looked at beside models and devices: keys, spool, clock, and whether a picture is one."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from edge.health.clock import ClockState
from edge.health.selftest import Found, doubt, failed, passed, untried
from edge.records import ClockQuality
from edge.security.envelope import open_message, seal_message
from edge.security.keys import BasecampKey
from edge.spool.errors import SpoolFull
from edge.spool.files import EvidenceFiles
from edge.spool.spool import Spool
from edge.vision.decode import Pixels
from edge.wire.sealing import Identity

EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)
"""No station ran before: a clock that says so was never set."""
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
DARK, BRIGHT = 8.0, 247.0
"""Mean grey levels below which a picture counts as black, above which as white: chosen, not
measured on a lens cap."""
FLAT = 3.0
"""Standard deviation of grey below which a picture shows nothing: chosen, a little above noise."""
_WORD = b"irbis self-test"


def check_keys(identity: Identity) -> Found:
    """Sign and seal with the station's own key, and open it again. Raises SealError,
    SignatureError."""
    throwaway = BasecampKey.generate()
    sealed = seal_message(_WORD, identity.key, throwaway.token)
    opened = open_message(sealed, throwaway, lambda _: identity.key.token.verify)
    if opened != _WORD:
        return failed("what was sealed does not open", "make a new key: irbis keys station")
    seal_message(_WORD, identity.key, identity.basecamp)
    return passed(f"station {identity.station} signs, and seals to its basecamp")


def check_clock(clock: ClockState) -> Found:
    """A wrong clock loses nothing; times are then told by uptime until it is set."""
    now = clock.now()
    if not EARLIEST <= now < LATEST:
        remedy = "let it hear the time: network, GPS, or basecamp's answer; or fit a clock"
        return doubt(f"{now:%Y-%m-%d %H:%M} UTC cannot be", remedy)
    if clock.quality is ClockQuality.UNSET:
        return doubt(
            f"{now:%Y-%m-%d %H:%M} UTC, set by nothing",
            "fit a real-time clock, or let it hear the time before you leave",
        )
    return passed(f"{now:%Y-%m-%d %H:%M} UTC by {clock.quality.value}")


def check_spool_here(spool: Spool) -> Found:
    """The spool that this process holds: it was checked when it was opened, so whether it still
    takes and gives. Raises SpoolError, SpoolFull."""
    memory = spool.keepsake("selftest")
    word = os.urandom(16)
    try:
        memory.save(word)
    except SpoolFull:
        spool.room.rescue()
        memory.save(word)
    if memory.load() != word:
        return failed("what was written is not what is read", "exchange the card")
    return passed(f"writes and reads; {spool.unjudged()} bursts wait to be judged")


def check_spool(folder: Path) -> Found:
    """A spool that no process holds: its database, and whether the evidence it names is there.
    Nothing in it is changed. Raises OSError, sqlite3.Error."""
    if not (folder / "spool.db").exists():
        return untried(f"{folder}: no spool yet", "the first irbis run makes it")
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return untried("the running station holds it")
        return _looked_through(folder)
    finally:
        os.close(handle)


def _looked_through(folder: Path) -> Found:
    remedy = "irbis run sets a damaged database aside and goes on; then exchange the card"
    connection = sqlite3.connect(folder / "spool.db", timeout=5)
    try:
        (told,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if told != "ok":
            return failed(f"the database is damaged: {told}", remedy)
        held = connection.execute("SELECT burst_id FROM bursts WHERE held AND state <> 'arriving'")
        files = EvidenceFiles(folder / "evidence")
        names = [name for (name,) in held]
        lost = [name for name in names if files.size_bytes(name) is None]
    except sqlite3.DatabaseError as error:
        return failed(f"the database cannot be read: {error}", remedy)
    finally:
        connection.close()
    if lost:
        return failed(f"{len(lost)} of {len(names)} bursts have lost their file", remedy)
    return passed(f"whole, with the evidence of {len(names)} bursts")


def looked_at(pixels: Pixels) -> Found:
    """Whether a picture of the camera shows anything, ``(H, W, 3)`` or ``(H, W)``, uint8."""
    mean, spread = float(pixels.mean()), float(pixels.mean(axis=-1).std())
    size = f"{pixels.shape[1]} x {pixels.shape[0]} pixels"
    if mean < DARK:
        return failed(f"{size}, all black", "take the cap off; at night see to the illuminator")
    if mean > BRIGHT:
        return failed(f"{size}, all white", "turn it away from the sun; is the exposure fixed?")
    if spread < FLAT:
        return failed(f"{size}, without any detail", "clean the glass; is the cable seated?")
    return passed(f"{size}, mean {mean:.0f} of 255, spread {spread:.0f}")
