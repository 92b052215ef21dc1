"""A lamp never burns longer than it may, whatever goes wrong around it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from edge.capture.light.lamp import Lamp, LampTerms
from tests.capture.light.outputs import on_wire
from tests.capture.light.scene_camera import Clock
from tests.capture.trigger.wires import Wire

HOUSE = Path(__file__).parents[3]
PATIENCE_S = 60.0


def lamp_on(wire: Wire, clock: Clock | None = None, **terms: float) -> Lamp:
    made = LampTerms(watts=2.0, **terms)  # type: ignore[arg-type]
    lamp = Lamp(on_wire(wire), made) if clock is None else Lamp(on_wire(wire), made, clock)
    lamp.open()
    return lamp


class Tripwire(Wire):
    """Tells when its pin goes low."""

    def __init__(self) -> None:
        super().__init__()
        self.lit = False
        self.went_out = threading.Event()

    def set_value(self, offset: int, value: object) -> None:
        super().set_value(offset, value)  # type: ignore[arg-type]
        if self.driven:
            self.lit = True
        elif self.lit:
            self.went_out.set()


def test_it_burns_and_rests() -> None:
    wire = Wire()
    lamp = lamp_on(wire)
    assert lamp.burn()
    assert wire.driven and lamp.burns
    lamp.rest()
    assert not wire.driven and not lamp.burns


def test_it_goes_out_by_itself_though_nobody_comes_back() -> None:
    wire = Tripwire()
    lamp = lamp_on(wire, most_s=0.05)
    assert lamp.burn()
    assert wire.went_out.wait(PATIENCE_S)
    assert lamp.counters()["lamp_cut_short"] == 1


def test_a_burst_whose_seconds_are_over_stays_dark_and_the_next_has_its_own() -> None:
    wire, clock = Wire(), Clock()
    lamp = lamp_on(wire, clock, most_s=20.0)
    lamp.begin()
    assert lamp.burn()
    clock.now_s += 20.0
    lamp.rest()
    assert not lamp.burn()
    lamp.begin()
    assert lamp.burn()
    lamp.rest()


def test_a_nights_joules_are_spent_once_and_come_back_by_day() -> None:
    wire, clock = Wire(), Clock()
    lamp = lamp_on(wire, clock, most_j_a_night=30.0)
    for _ in range(3):  # 2 W: 10 J, then 20, then 30
        lamp.begin()
        assert lamp.burn()
        clock.now_s += 5.0
        lamp.rest()
    lamp.begin()
    assert lamp.spent and not lamp.burn() and not wire.driven
    lamp.day_came()
    assert not lamp.spent and lamp.burn()
    lamp.rest()


def test_in_a_polar_night_the_joules_come_back_too() -> None:
    clock = Clock()
    lamp = lamp_on(Wire(), clock, most_j_a_night=10.0)
    assert lamp.burn()
    clock.now_s += 5.0
    lamp.rest()
    assert lamp.spent
    clock.now_s += 24 * 3600
    assert not lamp.spent


def test_no_night_has_its_joules_twice() -> None:
    """A night begins as the lamp first burns in it, not as somebody looks at what is left."""
    clock = Clock()
    lamp = lamp_on(Wire(), clock, most_j_a_night=10.0)
    assert not lamp.spent
    clock.now_s += 19 * 3600  # dusk
    assert lamp.burn()
    clock.now_s += 5.0
    lamp.rest()
    clock.now_s += 10 * 3600  # dawn is near
    assert lamp.spent and not lamp.burn()


def test_a_guard_that_comes_too_late_leaves_the_next_burst_its_light(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    guards: list[threading.Timer] = []

    class Late(threading.Timer):
        """Its time comes when somebody runs it."""

        def start(self) -> None:
            guards.append(self)

    monkeypatch.setattr(threading, "Timer", Late)
    wire = Wire()
    lamp = lamp_on(wire, most_s=1.0)
    for _ in range(2):
        lamp.begin()
        assert lamp.burn()
    late = threading.Thread(target=guards[0].function, args=guards[0].args)
    late.start()
    late.join()
    assert lamp.burns and wire.driven
    lamp.rest()


def test_where_nobody_could_put_it_out_it_stays_dark_and_the_next_burst_tries_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: threading.Timer) -> None:
        raise RuntimeError("can't start new thread")

    wire = Wire()
    lamp = lamp_on(wire)
    with monkeypatch.context() as scarce:
        scarce.setattr(threading.Timer, "start", refuse)
        assert not lamp.burn() and not wire.driven
        assert lamp.trouble is not None and "thread" in lamp.trouble
    lamp.begin()
    assert lamp.trouble is None and lamp.burn()
    lamp.rest()


def test_seconds_and_joules_are_counted() -> None:
    clock = Clock()
    lamp = lamp_on(Wire(), clock)
    assert lamp.burn()
    clock.now_s += 3.0
    assert lamp.counters() == {"lamp_s": 3, "lamp_j": 6, "lamp_cut_short": 0}
    lamp.rest()
    assert lamp.counters()["lamp_j"] == 6


def test_a_picture_is_dark_before_it_burns_and_when_it_has_gone_out() -> None:
    clock = Clock(100.0)
    lamp = lamp_on(Wire(), clock, settle_s=0.1)
    assert lamp.burn()
    clock.now_s = 105.0
    assert lamp.dark(99.9) and not lamp.dark(100.0) and not lamp.dark(105.0)
    lamp.rest()
    assert lamp.dark(99.9) and not lamp.dark(104.9) and not lamp.dark(105.05)
    assert lamp.dark(105.2)


def test_a_line_that_has_gone_leaves_it_dark_and_is_told() -> None:
    wire = Wire()
    lamp = lamp_on(wire)
    wire.gone = True
    assert not lamp.burn()
    assert lamp.trouble is not None and lamp.trouble.startswith("lamp: GPIO line LAMP")
    assert not wire.taken


def test_a_line_that_is_back_is_used_from_the_next_burst_on() -> None:
    wire = Wire()
    lamp = lamp_on(wire)
    wire.gone = True
    lamp.burn()
    wire.gone = False
    lamp.begin()
    assert lamp.trouble is None and lamp.burn() and wire.driven
    lamp.rest()


def test_a_lamp_that_is_not_there_is_told_and_stays_dark() -> None:
    lamp = Lamp(on_wire(Wire(), chip="gpiochip9"), LampTerms(2.0))
    lamp.open()
    assert lamp.trouble is not None
    assert not lamp.burn()


@pytest.mark.parametrize("wrong", [{"watts": 0.0}, {"watts": 1.0, "most_s": 0.0}])
def test_terms_that_no_lamp_has_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="a lamp has"):
        LampTerms(**wrong)  # type: ignore[arg-type]


LIFE = """\
import sys, time
from pathlib import Path
from edge.capture.light.lamp import Lamp, LampTerms
from tests.capture.light.outputs import on_wire
from tests.capture.trigger.wires import Wire

class Pin(Wire):
    def set_value(self, offset, value):
        super().set_value(offset, value)
        Path(sys.argv[1]).write_text("on" if self.driven else "off")

lamp = Lamp(on_wire(Pin()), LampTerms(2.0))
lamp.open()
if sys.argv[2] == "burns":
    lamp.burn()
    print("burns", flush=True)
    time.sleep(600)
"""


def test_a_station_that_was_killed_with_its_lamp_on_puts_it_out_as_it_starts(
    tmp_path: Path,
) -> None:
    pin = tmp_path / "pin"  # which keeps its level whoever dies: the worst that a kernel does
    command = [sys.executable, "-c", LIFE, str(pin)]
    first = subprocess.Popen([*command, "burns"], stdout=subprocess.PIPE, text=True, cwd=HOUSE)
    assert first.stdout is not None
    assert first.stdout.readline() == "burns\n"
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    first.stdout.close()
    assert pin.read_text() == "on"

    subprocess.run([*command, "starts"], check=True, cwd=HOUSE)
    assert pin.read_text() == "off"
