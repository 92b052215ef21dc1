"""Time from satellites, by a receiver on a pty, and what must not pass for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.errors import LinkLost
from firmware_bridge.gnss import BAUD, STEADY, WEEKS_ANEW, GnssReceiver, Sky, Told
from firmware_bridge.nmea import checksum
from firmware_bridge.port import SerialPort
from firmware_bridge.simulators.gnss import Faults, GnssSimulator
from tests.basecamp.field import eventually

MADE = datetime(2026, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SPEED = 20.0


class Silent:
    """A port at which nothing is said: sentences are handed over by ``hear``."""

    def read(self, most_bytes: int, timeout_s: float) -> bytes:
        return b""

    def write(self, data: bytes) -> None:
        raise AssertionError("nothing is written to a receiver")

    def discard_input(self) -> None: ...

    def close(self) -> None: ...


class Ear:
    """A receiver, and the second at which it hears."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.receiver = GnssReceiver(Silent(), MADE, lambda: self.now_s)

    def rmc(self, at: datetime, heard_s: float, status: str = "A") -> Told | None:
        self.now_s = heard_s
        return self._hear(f"GPRMC,{at:%H%M%S}.00,{status},,,,,,,{at:%d%m%y},,,A")

    def zda(self, at: datetime) -> Told | None:
        return self._hear(f"GPZDA,{at:%H%M%S}.00,{at:%d},{at:%m},{at:%Y},00,00")

    def _hear(self, body: str) -> Told | None:
        return self.receiver.hear(f"${body}*{checksum(body)}")

    def seconds(self, at: datetime, count: int = STEADY) -> Told | None:
        told = None
        for second in range(count):
            told = self.rmc(at + timedelta(seconds=second), 100.3 + second)
        return told


@contextmanager
def a_receiver(faults: Faults | None = None) -> Iterator[tuple[GnssSimulator, GnssReceiver]]:
    with GnssSimulator(faults, speed=SPEED, seed=3) as device:
        receiver = GnssReceiver(SerialPort(device.path, BAUD), MADE)
        yield device, receiver
        receiver.close()


def test_three_sentences_that_agree_tell_the_time() -> None:
    ear = Ear()
    assert ear.seconds(NOON, STEADY - 1) is None
    told = ear.seconds(NOON)
    assert told is not None and ear.receiver.sky is Sky.TOLD


def test_what_came_with_the_least_delay_counts() -> None:
    ear = Ear()
    ear.rmc(NOON, 100.8)
    ear.rmc(NOON + timedelta(seconds=1), 101.2)
    assert ear.rmc(NOON + timedelta(seconds=2), 102.7) == Told(NOON + timedelta(seconds=1), 101.2)


def test_what_lay_in_a_buffer_is_not_the_present() -> None:
    ear = Ear()
    for second in range(10):
        assert ear.rmc(NOON + timedelta(seconds=second), 100.0) is None


def test_a_lone_sentence_with_a_wrong_year_counts_for_nothing() -> None:
    ear = Ear()
    ear.seconds(NOON, 2)
    assert ear.rmc(NOON.replace(year=2030), 102.3) is None
    assert ear.rmc(NOON + timedelta(seconds=3), 103.3) is None


@pytest.mark.parametrize("off", [-WEEKS_ANEW, -2 * WEEKS_ANEW, WEEKS_ANEW])
def test_a_week_number_that_began_anew_is_refused(off: timedelta) -> None:
    ear = Ear()
    assert ear.seconds(NOON + off, 20) is None
    assert ear.receiver.sky is Sky.IMPOSSIBLE


def test_two_sentences_with_two_dates_are_both_refused() -> None:
    ear = Ear()
    ear.zda(NOON.replace(year=2036))
    assert ear.seconds(NOON, 20) is None
    assert ear.receiver.sky is Sky.IMPOSSIBLE
    ear.zda(NOON)
    assert ear.seconds(NOON) is not None


def test_a_date_without_satellites_is_no_time() -> None:
    ear = Ear()
    for second in range(20):
        at = NOON + timedelta(seconds=second)
        assert ear.zda(at) is None
        assert ear.rmc(at, 100.0 + second, "V") is None
    assert ear.receiver.sky is Sky.NO_FIX


def test_the_simulated_receiver_tells_this_machines_time() -> None:
    with a_receiver() as (_, receiver):
        told = receiver.listen(60.0)
        assert told is not None
        # The simulator's second is a twentieth of one.
        assert abs(told.at - datetime.now(UTC)) < timedelta(seconds=30)


def test_it_is_heard_through_noise_and_damage() -> None:
    with a_receiver(Faults(noise=0.3, bad_checksum=0.3, lost=0.1)) as (_, receiver):
        assert receiver.listen(60.0) is not None


@pytest.mark.parametrize(
    ("faults", "sky"),
    [
        (Faults(fix=False), Sky.NO_FIX),
        (Faults(ahead=-WEEKS_ANEW), Sky.IMPOSSIBLE),
        (Faults(bad_checksum=1.0), Sky.SILENT),
    ],
)
def test_a_receiver_without_the_time_says_why(faults: Faults, sky: Sky) -> None:
    with a_receiver(faults) as (_, receiver):
        assert receiver.listen(0.5) is None
        # Its first sentence may be late, where the machine is busy.
        eventually(lambda: receiver.sky is sky or receiver.listen(0.1) is not None, "it says why")
        assert receiver.sky is sky


def test_an_unplugged_receiver_is_told_of() -> None:
    with GnssSimulator(speed=SPEED) as device:
        receiver = GnssReceiver(SerialPort(device.path, BAUD), MADE)
    with pytest.raises(LinkLost):
        receiver.listen(5.0)
    receiver.close()


@given(st.lists(st.tuples(st.binary(max_size=40), st.booleans()), max_size=30))
def test_no_noise_is_ever_the_time(noise: list[tuple[bytes, bool]]) -> None:
    ear = Ear()
    for data, _ in noise:
        ear.now_s += 1.0
        assert ear.receiver.hear(data.decode("latin-1")) is None
    assert ear.seconds(NOON) is not None
