"""From the configuration to a lens that knows day from night."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from edge.board import lamp_watts
from edge.capture.camera.replay import ReplayCamera
from edge.capture.light.building import level_now, lit, terms_of
from edge.capture.light.lit_camera import LightTerms
from edge.capture.light.metering import MeterTerms
from edge.capture.light.phase import Phase
from edge.config import parse_config
from edge.config_light import Light
from edge.errors import ConfigError
from edge.lens import open_lens
from edge.records import ClockQuality
from tests.capture.camera.scene import TERMS, lay_scene

LAMP = {"line": "GPIO22", "watts": 3.0}
RIDGE = {"latitude_deg": 38, "longitude_deg": 73}  # noon at 07:08 UTC
NOON = datetime(2026, 6, 21, 7, 0, tzinfo=UTC)
EVENING = datetime(2026, 6, 21, 14, 45, tzinfo=UTC)
MIDNIGHT = datetime(2026, 6, 21, 19, 0, tzinfo=UTC)

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"lamp": {"line": "GPIO22"}}, r"lamp.*watts: missing"),
    ({"lamp": {**LAMP, "watts": 0}}, r"lamp.*watts: must be greater"),
    ({"lamp": {**LAMP, "line": True}}, r"lamp.*line: must be a name such as"),
    ({"lamp": {**LAMP, "numbering": "BOARD"}}, r"lamp.*numbering belongs to backend"),
    ({"lamp": {**LAMP, "backend": "rpi-gpio"}}, r"lamp.*line must be a number for"),
    ({"filter": {}}, r"filter.*out: missing"),
    ({"filter": {"out": {"line": 3}, "pulse_s": 9}}, r"filter.*pulse_s: must be less"),
    ({"filter": {"out": {"line": 3}, "back": {"line": 3}}}, r"one GPIO line, 3, .*out .*back"),
    ({"night_lx": 20.0}, r"dusk_lx must be above night_lx by the factor back"),
    ({"latitude_deg": 38}, r"give latitude_deg and longitude_deg, or neither"),
    ({"latitude_deg": 38.5, "longitude_deg": 73}, r"latitude_deg: must be a whole number"),
    ({"lux": 3}, r"lux: unknown key"),
]


def light_of(**values: Any) -> Light:
    capture = {"camera": "pi", "triggers": [{"kind": "test"}], "light": values}
    config = parse_config({"station": {"id": "a"}, "capture": capture}, Path("/station"))
    return config.capture.light


def at(now: datetime, quality: ClockQuality = ClockQuality.RTC) -> Any:
    return lambda: (now, quality)


@pytest.mark.parametrize(("values", "told"), WRONG, ids=[told for _, told in WRONG])
def test_what_does_not_fit_is_told_in_one_line(values: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told) as refused:
        light_of(**values)
    assert "\n" not in str(refused.value)


def test_the_defaults_are_those_of_the_parts() -> None:
    assert terms_of(light_of()) == LightTerms(meter=MeterTerms())
    assert terms_of(light_of(meter=False)).meter is None


@pytest.mark.parametrize(
    ("now", "phase"), [(NOON, Phase.DAY), (EVENING, Phase.DUSK), (MIDNIGHT, Phase.NIGHT)]
)
def test_the_sun_says_what_it_is_as_a_camera_wakes(
    now: datetime, phase: Phase, tmp_path: Path
) -> None:
    camera = lit(ReplayCamera([lay_scene(tmp_path)], TERMS), light_of(**RIDGE), at(now))
    camera.start()
    assert camera.phase is phase


def test_a_clock_that_was_never_set_knows_no_sun(tmp_path: Path) -> None:
    clock = at(MIDNIGHT, ClockQuality.UNSET)
    camera = lit(ReplayCamera([lay_scene(tmp_path)], TERMS), light_of(**RIDGE), clock)
    camera.start()
    assert camera.phase is None
    assert level_now(light_of(**RIDGE), clock) == 38


def test_light_is_remembered_by_the_suns_height_or_else_by_the_hour() -> None:
    morning, evening = (datetime(2026, 6, 21, hour, 8, tzinfo=UTC) for hour in (1, 13))
    by_sun = light_of(**RIDGE)
    assert level_now(by_sun, at(morning)) == level_now(by_sun, at(evening))
    assert level_now(light_of(), at(morning)) != level_now(light_of(), at(evening))
    assert level_now(by_sun, at(datetime(1, 1, 1, tzinfo=UTC))) is not None


def test_what_the_lamp_draws_is_part_of_what_a_burst_costs() -> None:
    def watts(**draw: Any) -> float:
        power = {"chemistry": "lifepo4", "capacity_wh": 76.8, "draw": {"board": "pi4", **draw}}
        capture = {"camera": "pi", "triggers": [{"kind": "test"}], "light": {"lamp": LAMP}}
        stated = {"station": {"id": "a"}, "capture": capture, "power": power}
        return lamp_watts(parse_config(stated, Path("/station")))

    assert watts() == 3.0
    assert watts(lamp_w=5.0) == 5.0


class Alarms:
    """What stands."""

    def __init__(self) -> None:
        self.standing: dict[str, str] = {}

    def raise_alarm(self, name: str, why: str) -> None:
        self.standing[name] = why

    def clear_alarm(self, name: str) -> None:
        self.standing.pop(name, None)


def test_a_lens_whose_lamp_and_filter_are_not_there_sees_by_day_and_says_so(
    tmp_path: Path,
) -> None:
    light = {
        "lamp": {**LAMP, "chip": "no-such-chip"},
        "filter": {"out": {"line": 1, "chip": "no-such-chip"}, "back": {"line": 2}},
    }
    capture = {
        "camera": "replay",
        "path": str(lay_scene(tmp_path)),
        "triggers": [{"kind": "test"}],
        "light": light,
        "pacing": {"tail_s": 0.2},
    }
    config = parse_config({"station": {"id": "a"}, "capture": capture}, tmp_path)
    lens, alarms, steps = open_lens(config, print), Alarms(), dict[str, Callable[[], bool]]()

    lens.arm(lambda name, step, _: steps.update({name: step}), cast(Any, alarms))
    lens.test_shot()
    while not lens.counters()["bursts_taken"]:
        steps["lens"]()
    steps["lens-alarms"]()

    assert set(alarms.standing) == {"lamp-failed", "filter-failed"}
    assert "no-such-chip" in alarms.standing["lamp-failed"]
    assert lens.counters()["lamp_s"] == 0
    burst = lens.source.next_burst(0)
    assert burst is not None
    assert {frame.exposure.infrared for frame in burst.frames} == {False}
