"""The section [capture]: lenses, sensors, and one clear line for what does not fit."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.capture.building import camera_of, picture_terms, sensors_of, terms_of
from edge.capture.camera.gstreamer import GStreamerCamera
from edge.capture.camera.opencv import OpenCvCamera
from edge.capture.camera.pi import PiCamera
from edge.capture.camera.replay import ReplayCamera
from edge.capture.trigger.gpio import GpioTrigger
from edge.capture.trigger.gpio_api import GpioApiTrigger
from edge.capture.trigger.pushed import ControllerTrigger
from edge.capture.trigger.schedule import ScheduleTrigger
from edge.capture.triggered import SourceTerms
from edge.config import Capture, StationConfig, parse_config
from edge.errors import ConfigError
from edge.lens import open_lens
from tests.capture.camera.scene import lay_scene

DOCS = Path(__file__).parents[1] / "docs"
TEST = {"kind": "test"}
PIR = {"kind": "gpio", "line": 17}
SUN = {"kind": "schedule", "sun": "dusk", "latitude_deg": 46, "longitude_deg": 78}


def parse(**capture: Any) -> Capture:
    return parse_station(capture).capture


def parse_station(capture: dict[str, Any], **sections: Any) -> StationConfig:
    return parse_config({"station": {"id": "a"}, "capture": capture, **sections}, Path("/station"))


def lens(*triggers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"camera": "pi", "triggers": list(triggers or [TEST]), **more}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"camera": "webcam"}, r"\[capture\] camera: must be 'folder', 'pi'"),
    ({"camera": "pi"}, r'\[capture\]: camera = "pi" takes what triggers call for'),
    ({"camera": "folder", "triggers": [TEST]}, r'\[capture\]: camera = "folder" has no triggers'),
    (lens(camera="gstreamer"), r'\[capture\]: camera = "gstreamer" needs a pipeline'),
    (lens({"kind": "radar"}), r'\[capture\] triggers.0: kind: must be "gpio", "controller"'),
    (lens({}), r'\[capture\] triggers.0: kind: missing; "gpio"'),
    (lens(TEST, {"kind": "gpio"}), r"\[capture\] triggers.1.gpio.line: missing"),
    (lens({**PIR, "line": -1}), r"triggers.0.gpio.line: must be a name such as"),
    (lens({**PIR, "line": ""}), r"triggers.0.gpio.line: must be a name such as"),
    (lens({**PIR, "line": True}), r"triggers.0.gpio.line: must be a name such as"),
    (lens({**PIR, "edge": "both"}), r"triggers.0.gpio.edge: must be 'rising' or 'falling'"),
    (lens({**PIR, "pin": 3}), r"triggers.0.gpio.pin: unknown key"),
    (lens({**PIR, "numbering": "BOARD"}), r"triggers.0.gpio: numbering belongs to backend"),
    (
        lens({**PIR, "backend": "rpi-gpio", "line": "GPIO17"}),
        r'triggers.0.gpio: line must be a number for backend = "rpi-gpio"',
    ),
    (
        lens({**PIR, "backend": "jetson-gpio", "bias": "pull_up"}),
        r"triggers.0.gpio: bias belongs to backend",
    ),
    (
        lens({**PIR, "backend": "rpi-gpio", "chip": "pinctrl-rp1"}),
        r"triggers.0.gpio: chip belongs to backend",
    ),
    (lens({"kind": "schedule"}), r"triggers.0.schedule: give one of every_s, times and sun"),
    (lens({**SUN, "every_s": 60}), r"triggers.0.schedule: give one of"),
    (lens({"kind": "schedule", "every_s": 0}), r"triggers.0.schedule.every_s: must be"),
    (lens({"kind": "schedule", "times": ["25:00"]}), r"triggers.0.schedule.times.0: must be"),
    (
        lens({"kind": "schedule", "times": ["06:00+05:00"]}),
        r"triggers.0.schedule.times: are in UTC",
    ),
    (lens({"kind": "schedule", "sun": "dusk"}), r"triggers.0.schedule: sun needs latitude_deg"),
    (lens({**SUN, "latitude_deg": 46.123}), r"schedule.latitude_deg: must be a whole number"),
    (lens({**SUN, "latitude_deg": 91}), r"schedule.latitude_deg: must be less than or equal"),
    (
        lens({"kind": "schedule", "every_s": 60, "offset_s": 5}),
        r"triggers.0.schedule: latitude_deg, longitude_deg and offset_s belong to sun",
    ),
    (lens(picture={"width_px": 641}), r"\[capture.picture\] width_px: must be a multiple of 2"),
    (lens(picture={"jpeg_quality": 0}), r"\[capture.picture\] jpeg_quality: must be greater"),
    (lens(ring={"frames": -1}), r"\[capture.ring\] frames: must be greater"),
    (lens(ring={"frames": 30}), r"\[capture\]: burst.frames must be more than ring.frames"),
    (lens(burst={"bytes": 16_000_000}), r"\[capture\]: burst.bytes must be more than ring.bytes"),
    (lens(burst={"frames": 0}), r"\[capture.burst\] frames: must be greater"),
    (lens(burst={"bytes": 7}), r"\[capture.burst\] bytes: must be greater"),
    (lens(pacing={"tail_s": 20}), r"\[capture\] pacing: longest_s must be no less than tail_s"),
    (lens(pacing={"rest_s": -1}), r"\[capture.pacing\] rest_s: must be greater"),
    (lens(storm={"per_hour": 1}), r"\[capture\] storm: calm_s must be 3600 s or more"),
    (lens(silent_s=0), r"\[capture\] silent_s: must be greater"),
    (lens(device=""), r"\[capture\] device: must not be empty"),
]


@pytest.mark.parametrize(("capture", "told"), WRONG, ids=[told for _, told in WRONG])
def test_what_does_not_fit_is_told_in_one_line(capture: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told) as refused:
        parse(**capture)
    assert "\n" not in str(refused.value)


def test_every_default_is_one_that_the_source_takes() -> None:
    assert terms_of(parse(**lens())) == SourceTerms()


@pytest.mark.parametrize(
    ("picture", "small"),
    [
        ({}, (640, 360)),
        ({"width_px": 4056, "height_px": 3040}, (640, 480)),
        ({"width_px": 2, "height_px": 16_384}, (640, 4096)),
        ({"width_px": 4056, "height_px": 3040, "small_height_px": 360}, (640, 360)),
    ],
)
def test_a_small_picture_has_the_shape_of_the_large_one(
    picture: dict[str, int], small: tuple[int, int]
) -> None:
    terms = picture_terms(parse(**lens(picture=picture)).picture)
    assert (terms.small_width_px, terms.small_height_px) == small


def test_a_camera_that_sleeps_has_no_ring_that_its_bursts_must_have_room_for() -> None:
    terms = terms_of(parse(**lens(asleep=True, burst={"frames": 2, "bytes": 1_000_000})))
    assert terms.watch.burst.most_frames == 2


def test_no_two_that_fire_have_one_name() -> None:
    wanted = enumerate(("pir-2", "pir", "pir", "test"))
    named = [{**PIR, "line": line, "name": name} for line, name in wanted]
    sensors, _ = sensors_of(parse(**lens(*named)), lambda: datetime.now(UTC))
    names = [one._name for one in sensors]  # type: ignore[attr-defined]
    assert names == ["pir-2", "pir", "pir-3", "test-2"]


def test_each_kind_of_camera_is_made_without_being_opened(tmp_path: Path) -> None:
    picture = str(lay_scene(tmp_path))
    assert isinstance(camera_of(parse(**lens())), PiCamera)
    assert isinstance(camera_of(parse(**lens(camera="v4l2", device="/nothing"))), OpenCvCamera)
    for pipeline in ("jetson", "videotestsrc"):
        made = camera_of(parse(**lens(camera="gstreamer", pipeline=pipeline)))
        assert isinstance(made, GStreamerCamera)
    for path in (picture, str(tmp_path)):
        assert isinstance(camera_of(parse(**lens(camera="replay", path=path))), ReplayCamera)


@pytest.mark.parametrize("path", [None, "empty", "missing"])
def test_a_replay_without_pictures_says_so(tmp_path: Path, path: str | None) -> None:
    (tmp_path / "empty").mkdir()
    named = {} if path is None else {"path": str(tmp_path / path)}
    with pytest.raises(ConfigError, match=r"\[capture\] path: .*to replay"):
        camera_of(parse(**lens(camera="replay", **named)))


def test_each_kind_of_trigger_is_made_with_a_name_of_its_own() -> None:
    wanted = lens(
        PIR,
        {**PIR, "line": "GPIO4", "chip": "pinctrl-rp1", "edge": "falling", "bias": "pull_up"},
        {**PIR, "line": 27, "backend": "rpi-gpio", "name": "door"},
        {"kind": "controller"},
        {"kind": "schedule", "every_s": 3600},
        {"kind": "schedule", "times": ["06:30", "18:00"]},
        SUN,
        TEST,
    )
    sensors, pushed = sensors_of(parse(**wanted), lambda: datetime.now(UTC))
    assert [type(one) for one in sensors] == [
        GpioTrigger,
        GpioTrigger,
        GpioApiTrigger,
        ControllerTrigger,
        ScheduleTrigger,
        ScheduleTrigger,
        ScheduleTrigger,
    ]
    assert pushed == (sensors[3],)
    names = [one._name for one in sensors]  # type: ignore[attr-defined]
    assert names == ["pir", "pir-2", "door", "controller", "schedule", "schedule-2", "schedule-3"]


def test_times_of_day_may_be_written_as_toml_has_them() -> None:
    written = tomllib.loads('kind = "schedule"\ntimes = [06:30:00]')
    schedule = parse(**lens(written)).triggers[0]
    assert schedule.kind == "schedule"
    assert schedule.times == (time(6, 30),)


def test_a_schedule_by_the_sun_fires_after_what_the_sun_does() -> None:
    now = datetime(2026, 6, 21, 12, tzinfo=UTC)
    fired = []
    for offset_s in (0, 600):
        capture = parse(**lens({**SUN, "offset_s": offset_s}))
        ((trigger,), _) = sensors_of(capture, lambda: now)
        assert isinstance(trigger, ScheduleTrigger)
        fired.append(trigger._schedule.next_after(now))
    first, second = fired
    assert first is not None
    assert second is not None
    assert second - first == timedelta(minutes=10)


def test_the_controllers_sensor_needs_a_controller() -> None:
    config = parse_station(lens({"kind": "controller"}))
    with pytest.raises(ConfigError, match=r'kind = "controller" needs a \[controller\]'):
        open_lens(config, print)
    with_one = parse_station(lens({"kind": "controller"}), controller={"port": "/dev/ttyAMA1"})
    open_lens(with_one, print)


@pytest.mark.parametrize("trigger", [PIR, {"kind": "schedule", "every_s": 600}, TEST])
def test_a_woken_station_with_a_lens_needs_the_sensor_that_wakes_it(trigger: Any) -> None:
    woken: dict[str, dict[str, Any]] = {
        "power": {"chemistry": "lifepo4", "capacity_wh": 76.8, "mode": "woken"},
        "controller": {"port": "/dev/ttyAMA1"},
    }
    with pytest.raises(ConfigError, match=r'\[\[capture.triggers\]\] kind = "controller"'):
        parse_station(lens(trigger), **woken)
    parse_station(lens(trigger, {"kind": "controller"}), **woken)
    parse_station({"camera": "folder", "path": "incoming"}, **woken)
    parse_station(lens(trigger), power={**woken["power"], "mode": "always"})


EXAMPLES = [
    (page.name, number, text)
    for page in (DOCS / "camera.md", DOCS / "station.md")
    if page.exists()
    for number, text in enumerate(
        block
        for block in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        if "[capture" in block
    )
]


@pytest.mark.parametrize(("page", "number", "text"), EXAMPLES)
def test_what_the_docs_show_is_a_configuration(page: str, number: int, text: str) -> None:
    values = tomllib.loads(text)
    capture = values["capture"]
    if not capture.get("triggers") and capture.get("camera", "folder") != "folder":
        capture["triggers"] = [TEST]
    if "camera" not in capture:
        capture = {**lens(), **capture}
    rest = {name: value for name, value in values.items() if name not in ("capture", "station")}
    terms_of(parse_station(capture, **rest).capture)


def test_the_docs_show_every_kind_of_camera_and_trigger() -> None:
    shown = "\n".join(text for _, _, text in EXAMPLES)
    for kind in ("pi", "v4l2", "gstreamer", "gpio", "controller", "schedule", "test"):
        assert f'"{kind}"' in shown, kind
