"""The radio stage: news of a few bytes over a modem, until basecamp says that it has them.

A modem hears only after it spoke, and what basecamp answers to one frame comes with a later one. So
what was said is said again only after a long while, and any frame may bring the answers to many.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from edge.listener import Listener
from edge.records import ItemKind
from edge.security.radio_key import RadioKeys
from edge.spool.counters import CountersSpent
from edge.spool.keepsake import Keepsake
from edge.spool.news import News, Waiting
from edge.spool.spool import Spool
from edge.uplink.radio.budget import AirBudget
from edge.wire.air.acknowledgement import decode_radio_acknowledgement
from edge.wire.air.beacon import BEACON_BYTES, Beacon, beacon_about
from edge.wire.air.channel import Sealer, open_down
from edge.wire.air.frame import OVERHEAD_BYTES, FrameRefused
from edge.wire.air.kinds import SEQUENCE_BYTES, RecordKind, kind_of
from edge.wire.air.moment import Uptime, age_s
from edge.wire.air.sighting import decode_radio_sighting
from edge.wire.air.window import Seen
from edge.wire.errors import WireError
from firmware_bridge.errors import BridgeError, JoinFailed, MustWait
from firmware_bridge.modem import Downlink, Modem, Uplink

PORT = 1
PATIENCE_S = 900.0
"""An unanswered frame is said again after this time, then after twice as long, and so on."""
MOST_PATIENCE_S = 86_400.0
BROKEN_S = 60.0
"""Pause after a modem that does not do what it should."""
IDLE_S = 5.0


@dataclass(slots=True)
class _Said:
    at_s: float
    patience_s: float


class RadioStage:
    """Says what waits, most urgent first. For one thread; ``now`` is a clock in s that nobody sets.

    What was said when is known in memory alone: after a restart it is said once more, and basecamp
    stores it once. ``heartbeat`` makes a record of how the station is, every ``heartbeat_s``.
    """

    def __init__(
        self,
        spool: Spool,
        open_modem: Callable[[], Modem],
        keys: RadioKeys,
        budget: AirBudget,
        listener: Listener,
        heartbeat: Callable[[], bytes],
        heartbeat_s: float,
        uptime: Callable[[], Uptime],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger, self._uptime = spool.ledger, uptime
        self._news: News = spool.news
        self._counters = spool.radio_counters(keys.fingerprint)
        self._heard = spool.keepsake(f"radio-heard-{keys.fingerprint.hex()}")
        self._sealer = Sealer(keys, self._counters)
        self._open_modem, self._keys, self._budget = open_modem, keys, budget
        self._modem: Modem | None = None
        self._listener, self._now = listener, now
        self._heartbeat, self._heartbeat_s = heartbeat, heartbeat_s
        self._heartbeat_due_s = now()
        self._quiet_until_s = 0.0
        self._said: dict[int, _Said] = {}

    def step(self) -> bool:
        """Say one thing, if there is one and it may be said now; whether it was said."""
        if self._now() < self._quiet_until_s:
            return False
        item = self._next()
        if item is None and self._now() < self._heartbeat_due_s:
            return False
        try:
            return self._say(item)
        except JoinFailed as error:
            self._rest(error.wait_s, str(error))
        except MustWait as error:
            self._rest(error.wait_s, str(error), troubled=False)
        except BridgeError as error:
            self._rest(BROKEN_S, str(error))
        except CountersSpent as error:
            self._ledger.raise_alarm("radio-keys", str(error))
            self._rest(MOST_PATIENCE_S, str(error))
        return False

    def close(self) -> None:
        if self._modem is not None:
            with suppress(BridgeError):
                self._modem.close()
            self._modem = None

    def _next(self) -> Waiting | None:
        """The most urgent news that were not said, or so long ago that they may be lost."""
        now_s = self._now()
        under_way = {
            number for number, said in self._said.items() if now_s < said.at_s + said.patience_s
        }
        found = self._news.waiting(1, under_way)
        return found[0] if found else None

    def _say(self, item: Waiting | None) -> bool:
        modem = self._connected()
        record = self._heartbeat() if item is None else _numbered(item)
        capacity = modem.capacity()
        size_bytes = len(record) + OVERHEAD_BYTES
        beacon = None
        if capacity.payload_bytes < size_bytes:
            beacon = self._beacon(item)
            size_bytes = BEACON_BYTES
            if beacon is None or capacity.payload_bytes < BEACON_BYTES:
                self._rest(max(capacity.wait_s, IDLE_S), "", troubled=False)
                return False
        wait_s = self._budget.reserve(size_bytes, capacity.data_rate)
        if wait_s > 0:
            self._rest(wait_s, "", troubled=False)
            return False
        frame = self._sealer.seal(record) if beacon is None else self._sealer.beacon(beacon)
        exchange = modem.exchange(Uplink(frame, PORT))
        self._budget.done()
        self._note(item, len(frame))
        for downlink in exchange.downlinks:
            self._hear(downlink)
        return True

    def _beacon(self, item: Waiting | None) -> Beacon | None:
        """That there is news, for a data rate that carries no more; None for anything else."""
        if item is None or kind_of(item.record) is not RecordKind.SIGHTING:
            return None
        sighting = decode_radio_sighting(item.record)
        age = age_s(sighting.moment, datetime.now(UTC), self._uptime())
        return beacon_about(sighting, age, self._news.count())

    def _connected(self) -> Modem:
        if self._modem is None:
            modem = self._open_modem()
            try:
                modem.connect()
            except BaseException:
                with suppress(BridgeError):
                    modem.close()
                raise
            self._modem = modem
            self._listener.link("radio: joined")
        return self._modem

    def _note(self, item: Waiting | None, size_bytes: int) -> None:
        if item is None:
            self._heartbeat_due_s = self._now() + self._heartbeat_s
            self._listener.sent(ItemKind.HEARTBEAT, None, size_bytes)
            return
        before = self._said.get(item.number)
        patience_s = PATIENCE_S if before is None else min(2 * before.patience_s, MOST_PATIENCE_S)
        self._said[item.number] = _Said(self._now(), patience_s)
        self._listener.sent(ItemKind.SIGHTING, None, size_bytes)

    def _hear(self, downlink: Downlink) -> None:
        """Take basecamp's word, and nobody else's; what is not understood changes nothing."""
        try:
            opened = open_down(downlink.payload, self._keys, _seen(self._heard))
            self._heard.save(opened.seen.to_bytes())
            if kind_of(opened.content) is not RecordKind.ACKNOWLEDGEMENT:
                return
            word = decode_radio_acknowledgement(opened.content)
        except (FrameRefused, WireError) as error:
            self._listener.trouble(f"radio: a downlink was refused: {error}")
            return
        if self._counters.began(word.key_id) and self._news.told(word.sequences):
            self._listener.acknowledged(ItemKind.SIGHTING, None)
        for number in word.sequences:
            self._said.pop(number, None)

    def _rest(self, wait_s: float, why: str, troubled: bool = True) -> None:
        self._quiet_until_s = self._now() + wait_s
        if troubled:
            # Whatever it was, the next time begins with a modem that is asked what it still knows.
            self.close()
            self._listener.trouble(f"radio: {why}")


def _numbered(item: Waiting) -> bytes:
    """The record with its number, which stands in the same place in every record."""
    return (
        item.record[:1] + item.number.to_bytes(SEQUENCE_BYTES) + item.record[1 + SEQUENCE_BYTES :]
    )


def _seen(memory: Keepsake) -> Seen:
    state = memory.load()
    return Seen() if state is None else Seen.from_bytes(state)
