"""The controller's core in C against the host's side in Python, over a real pty."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path

import pytest

from firmware_bridge import dictionary
from firmware_bridge.dictionary import BY_NAME, KINDS, SAFE
from firmware_bridge.errors import BridgeError, ProtocolMismatch, Refused
from firmware_bridge.mcu import (
    BatteryEvent,
    Charge,
    Controller,
    PirEvent,
    Restarted,
    WakeEvent,
    WakeReason,
)
from firmware_bridge.messages import Refusal
from firmware_bridge.port import SerialPort
from tests.firmware_bridge.reference import SOURCES, ReferenceController, build

PATIENCE_S = 30
"""For an event that will come."""


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("reference"))


@pytest.fixture
def board(programs: Path, tmp_path: Path) -> Iterator[ReferenceController]:
    with ReferenceController(programs / "irbis-hosted", tmp_path / "memory") as board:
        yield board


@pytest.fixture
def host(board: ReferenceController) -> Iterator[Controller]:
    with board.host() as host:
        yield host


def test_it_compiles_without_a_warning_as_it_is_flashed(tmp_path: Path) -> None:
    build(tmp_path, flags="-Os -Wconversion -Wshadow -Wstrict-prototypes")


def test_it_knows_the_messages_of_the_dictionary() -> None:
    written = (SOURCES / "core" / "irbis_dictionary.h").read_text()
    numbers = {name: int(value) for name, value in re.findall(r"IRBIS_(\w+) = (\d+)", written)}

    told = {kind.name: kind.type for kind in KINDS if not kind.name.endswith("-reply")}
    assert told == {name: numbers[name.upper().replace("-", "_")] for name in told}
    codes: list[tuple[str, type[WakeReason] | type[Charge] | type[Refusal]]] = [
        ("REASON", WakeReason),
        ("CHARGE", Charge),
        ("REFUSAL", Refusal),
    ]
    for prefix, code in codes:
        assert {kind.name: kind.value for kind in code} == {
            kind.name: numbers[f"{prefix}_{kind.name}"] for kind in code
        }


def test_it_knows_the_fields_of_every_request_and_which_are_safe() -> None:
    letters = {("uint", False): "u", ("uint", True): "U", ("bytes", False): "b"}
    written = (SOURCES / "core" / "irbis_requests.c").read_text()
    table = re.findall(r'\[IRBIS_(\w+)\] = \{"(\w*)\+?", \w+, (true|false)\}', written)

    assert len(table) == 11
    for name, kinds, is_safe in table:
        kind = BY_NAME[name.lower().replace("_", "-")]
        assert kinds == "".join(letters[field.kind, field.nullable] for field in kind.fields)
        assert (is_safe == "true") == (kind.name in SAFE)


def test_it_greets_and_tells_what_it_measures(host: Controller) -> None:
    greeting = host.connect()

    assert (greeting.version, greeting.dictionary) == (dictionary.VERSION, dictionary.HASH)
    assert greeting.firmware == "irbis-core hosted 1"
    assert greeting.boot == 1
    assert host.wake().reason is WakeReason.POWER_ON
    energy = host.energy()
    assert (energy.battery_mv, energy.current_ma) == (3900, -85)
    assert energy.charge is Charge.DISCHARGING
    assert host.temperature_c() == -12.3


def test_events_come_once_each_and_in_order(board: ReferenceController, host: Controller) -> None:
    host.connect()
    board.tell("pir", "button", "radio", "battery 3200", "advance 1000", "pir")

    events = list(islice(host.events(PATIENCE_S), 5))

    assert [type(event) for event in events] == [
        PirEvent,
        WakeEvent,
        WakeEvent,
        BatteryEvent,
        PirEvent,
    ]
    assert [event.number for event in events if not isinstance(event, Restarted)] == list(range(5))
    assert host.ping().waiting == 1  # until the next one is asked for


def test_an_event_that_a_host_left_is_there_for_the_next_one(board: ReferenceController) -> None:
    board.tell("pir")
    with board.host() as host:
        host.connect()  # and goes without taking the event
    with board.host() as host:
        event = next(host.events(PATIENCE_S))

    assert isinstance(event, PirEvent)
    assert event.at is None


def test_a_full_queue_counts_what_it_loses(board: ReferenceController, host: Controller) -> None:
    host.connect()
    # Each is seen before the next: the power that goes at the end tells that all were.
    host.power_off(3600, None, on_pir=True)
    board.tell(*["pir"] * 20, "advance 3600000")
    board.wait_for("host power off")
    board.tell("advance 2000")

    pong = host.ping()

    assert (pong.waiting, pong.lost) == (16, 4)


def test_a_battery_is_low_once_until_it_has_recovered(
    board: ReferenceController, host: Controller
) -> None:
    host.connect()
    steps = ["battery 3299", "battery 3250", "battery 3499", "battery 3500", "battery 3100"]
    board.tell(*[word for step in steps for word in (step, "advance 1000")], "pir")

    told = list(islice(host.events(PATIENCE_S), 3))

    assert [getattr(event, "battery_mv", None) for event in told] == [3299, 3100, None]


def test_the_clock_is_kept_over_a_brown_out_by_its_cell(
    board: ReferenceController, host: Controller
) -> None:
    assert host.clock().rtc is None
    host.set_clock()
    board.kill()
    board.start()

    reading = host.clock()

    assert reading.rtc is not None
    assert abs(reading.rtc - datetime.now(UTC)) < timedelta(seconds=60)


def test_a_clock_without_a_cell_says_that_it_was_never_set(
    board: ReferenceController, host: Controller
) -> None:
    board.kill()
    board.start("--no-cell")
    host.set_clock()
    assert host.clock().rtc is not None
    board.kill()
    board.start("--no-cell")

    assert host.clock().rtc is None
    with pytest.raises(Refused) as refused:
        host.power_off(0, datetime.now(UTC), on_pir=False)
    assert refused.value.code == "rtc-unset"


def test_power_goes_and_a_pir_event_brings_it_back(
    board: ReferenceController, host: Controller
) -> None:
    host.power_off(60, None, on_pir=True)
    board.tell("advance 60000")
    board.wait_for("host power off")
    board.tell("advance 5000", "pir")
    board.wait_for("host power on")

    assert host.wake().reason is WakeReason.PIR
    events = list(islice(host.events(PATIENCE_S), 2))
    assert [type(event) for event in events] == [Restarted, PirEvent]


def test_power_comes_back_at_its_time(board: ReferenceController, host: Controller) -> None:
    set_to = host.set_clock().to
    host.power_off(0, set_to + timedelta(hours=1), on_pir=False)
    board.wait_for("host power off")
    board.tell("pir", "advance 3500000", "advance 100000")
    board.wait_for("host power on")

    wake = host.wake()

    assert wake.reason is WakeReason.TIMER
    assert wake.at is not None
    assert wake.at >= (set_to + timedelta(hours=1)).replace(microsecond=0)


def test_a_button_pressed_too_soon_after_the_power_went_still_counts(
    board: ReferenceController, host: Controller
) -> None:
    host.power_off(0, None, on_pir=True)
    board.wait_for("host power off")
    board.tell("button", "advance 2000")
    board.wait_for("host power on")

    assert host.wake().reason is WakeReason.BUTTON


def test_a_power_off_that_was_called_off_does_not_come(
    board: ReferenceController, host: Controller
) -> None:
    host.power_off(60, None, on_pir=True)
    host.call_off_power_off()
    board.tell("advance 120000")

    assert host.wake().reason is WakeReason.POWER_ON
    assert host.ping().uptime_ms >= 120_000


def test_a_host_that_hangs_is_restarted(board: ReferenceController, host: Controller) -> None:
    host.watchdog(30)
    board.tell("advance 20000")
    host.ping()  # what it is asked after this it hears after what it was told before
    host.watchdog(30)
    board.tell("advance 20000")
    host.ping()
    assert host.ping().uptime_ms >= 40_000

    board.tell("advance 30000")
    board.wait_for("host power off")
    board.tell("advance 10000")
    board.wait_for("host power on")

    assert host.wake().reason is WakeReason.WATCHDOG


def test_the_boot_count_goes_up_with_every_brown_out(
    board: ReferenceController, host: Controller
) -> None:
    boots = [host.connect().boot]
    for _ in range(3):
        board.kill()
        board.start()
        boots.append(host.connect().boot)

    assert boots == [1, 2, 3, 4]


def test_no_number_is_given_twice_over_brown_outs(
    board: ReferenceController, host: Controller
) -> None:
    taken: list[range] = []
    more = threading.Semaphore(0)
    failures: list[BridgeError] = []

    def take() -> None:
        try:
            for size in range(1, 300):
                taken.append(host.reserve(2, size))
                more.release()
        except BridgeError as error:
            failures.append(error)
            more.release(1000)

    asking = threading.Thread(target=take)
    asking.start()
    draw = random.Random(1)
    for _ in range(12):
        for _ in range(draw.randrange(1, 24)):
            more.acquire()
        board.kill()
        board.start()
    asking.join()

    assert not failures
    assert len(taken) == 299
    assert all(before.stop <= after.start for before, after in pairwise(taken))


@pytest.mark.parametrize("write", range(2, 12))
def test_no_number_is_given_twice_when_the_power_fails_while_memory_is_written(
    board: ReferenceController, host: Controller, write: int
) -> None:
    board.kill()
    board.start("--tear", str(write))
    taken: list[range] = []
    asking = threading.Thread(target=lambda: taken.extend(host.reserve(0, 5) for _ in range(20)))
    asking.start()
    assert board.wait_for_end() == 3
    board.start()
    asking.join()

    assert len(taken) == 20
    assert all(before.stop <= after.start for before, after in pairwise(taken))


def test_power_that_fails_while_the_start_is_counted_loses_no_counter(
    board: ReferenceController, host: Controller
) -> None:
    assert host.reserve(3, 1000) == range(1000)
    board.kill()
    board.start("--tear", "1")
    assert board.wait_for_end() == 3
    board.start()

    assert host.counter(3) == 1000


def test_a_counter_ends_before_it_wraps(host: Controller) -> None:
    assert host.counter(1, 2**32 - 3) == 2**32 - 3

    assert host.reserve(1, 2) == range(2**32 - 3, 2**32 - 1)
    with pytest.raises(Refused) as refused:
        host.reserve(1, 1)
    assert refused.value.code == "exhausted"


def test_megabytes_of_garbage_leave_the_controller_as_it_was(board: ReferenceController) -> None:
    port = SerialPort(board.path)
    with Controller(port, resend_s=0.05, tries=600) as host:
        boot, first = host.connect().boot, host.reserve(0, 7)
        noise = random.Random(2)
        for _ in range(1000):
            port.write(noise.randbytes(2048))

        assert host.connect().boot == boot
        assert host.reserve(0, 1).start == first.stop


def test_another_dictionary_leaves_the_safe_messages(tmp_path: Path) -> None:
    older = build(tmp_path, flags="-Os -D'IRBIS_DICTIONARY_HASH={1,2,3,4,5,6,7,8}'")
    with (
        ReferenceController(older / "irbis-hosted", tmp_path / "memory") as board,
        board.host() as host,
    ):
        assert host.connect().dictionary == bytes(range(1, 9))
        board.tell("pir")

        assert isinstance(next(host.events(PATIENCE_S)), PirEvent)
        assert host.wake().reason is WakeReason.POWER_ON
        assert host.clock().rtc is None
        with pytest.raises(ProtocolMismatch):
            host.power_off(0, None, on_pir=True)
        with pytest.raises(ProtocolMismatch):
            host.reserve(0, 1)
