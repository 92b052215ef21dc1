"""What is wrong with a spool after a power cut: held against what it had said was done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from edge.errors import IrbisError
from edge.records import Burst
from edge.security.errors import SealError
from edge.security.evidence import unseal_content_key
from edge.spool.contents import CUT_SHORT, open_burst
from edge.spool.database import SET_ASIDE
from edge.spool.spool import Spool
from tests.kit.card import counters, disorder, rows
from tests.power_cuts.life import KEY, RADIO_KEY, Deed, Life, burst, open_spool, settlement


def at_rest(folder: Path) -> dict[str, Any]:
    """What must not depend on any power cut: every burst known once, and counted once."""
    ids = "SELECT burst_id FROM bursts UNION ALL SELECT lower(hex(burst_id)) FROM forgotten"
    return {
        "bursts": sorted(name for (name,) in rows(folder, ids)),
        "counters": counters(folder),
        "disorder": disorder(folder),
    }


def complaints(
    folder: Path, days: int, deeds: Sequence[Deed], cut: int, expected: dict[str, Any]
) -> list[str]:
    """Arm on what the power cut left, look, go on to the end of the life, and look again."""
    try:
        with open_spool(folder) as spool:
            found = [*_evidence_lost(spool, deeds, cut), *_memory_lost(spool, deeds, cut)]
        again = Life(folder, days)
        again.live()
    except (IrbisError, OSError, ValueError) as error:
        return [f"does not start: {error!r}"]
    found += _undone(deeds, again.deeds, cut)
    found += [f"set aside: {aside.name}" for aside in folder.glob(f"{SET_ASIDE}*")]
    last = at_rest(folder)
    return found + [
        f"{name} at the end: {last[name]}" for name in last if last[name] != expected[name]
    ]


def _undone(before: Sequence[Deed], after: Sequence[Deed], cut: int) -> Iterator[str]:
    """A deed that was done has nothing left to do; one that never began has all of it."""
    for old, new in zip(before, after, strict=True):
        if not isinstance(new.result, bool):
            continue
        if old.done <= cut and new.result:
            yield f"lost: {old}"
        if old.begun >= cut and not new.result:
            yield f"before its time: {old}"


def _evidence_lost(spool: Spool, deeds: Sequence[Deed], cut: int) -> Iterator[str]:
    """A captured burst that nobody may have dropped or given up by then opens at basecamp."""
    for deed in deeds:
        durable = deed.what in ("capture", "growth") and deed.done <= cut
        if not durable or _may_go_from(deeds, deed.number) < cut:
            continue
        try:
            sealed = spool.evidence(burst(deed.number).burst_id)
            found = open_burst(sealed, unseal_content_key(sealed, KEY.unseal))
            whole = found == burst(deed.number)
            if not whole and not (deed.what == "growth" and _begins(found, burst(deed.number))):
                yield f"another picture: {deed}"
        except (OSError, SealError) as error:
            yield f"no evidence: {deed}: {error!r}"


def _begins(found: Burst, whole: Burst) -> bool:
    """Whether it was cut short behind its first frame, and says so."""
    return found.frames[:-1] == whole.frames[:1] and found.frames[-1].fault == CUT_SHORT


def _may_go_from(deeds: Sequence[Deed], number: int) -> int:
    """Where in the log it began that the evidence of this burst may go."""
    sent = settlement(number).items
    last = f"acknowledged {sent[-1].kind.value}" if sent else "verdict"
    return next(deed.begun for deed in deeds if (deed.what, deed.number) == (last, number))


def _memory_lost(spool: Spool, deeds: Sequence[Deed], cut: int) -> Iterator[str]:
    """The last value kept is there, or the one being kept; no radio number is given out twice."""
    saved = spool.keepsake("life").load()
    number = saved[0] if saved else -1
    kept = [deed for deed in deeds if deed.what == "keepsake"]
    least = max((deed.number for deed in kept if deed.done <= cut), default=-1)
    most = max((deed.number for deed in kept if deed.begun < cut), default=-1)
    if not least <= number <= most:
        yield f"keepsake {number}, and {least} was durable"
    given = [deed.result for deed in deeds if deed.what == "number" and deed.done <= cut]
    fresh = spool.radio_counters(RADIO_KEY).take()
    if given and not (fresh[0] == given[-1][0] and fresh > given[-1]):
        yield f"radio number {fresh} after {given[-1]}"
