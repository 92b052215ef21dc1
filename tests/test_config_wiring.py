"""No two parts of a station share a GPIO line or a serial port, however the two are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.config import StationConfig, parse_config
from edge.errors import ConfigError

Values = dict[str, Any]
PIR: Values = {"kind": "gpio", "line": "GPIO17"}
LORAWAN = {"dev_eui": "70B3D57ED0060001", "app_key_file": "app.key"}


def station(**sections: Values) -> StationConfig:
    return parse_config({"station": {"id": "ridge-1"}, **sections}, Path("/station"))


def lens(*triggers: Values, **light: Values) -> Values:
    return {"camera": "pi", "triggers": list(triggers), "light": light}


def lamp(line: int | str, **more: object) -> Values:
    return {"line": line, "watts": 3.0, **more}


def refused(**sections: Values) -> str:
    with pytest.raises(ConfigError) as found:
        station(**sections)
    return str(found.value)


def test_a_lamp_on_the_motion_sensors_line_is_refused_and_both_are_named() -> None:
    told = refused(capture=lens(PIR, lamp=lamp("GPIO17")))
    assert "GPIO17" in told
    assert "[[capture.triggers]] number 1" in told and "[capture.light.lamp]" in told
    named = refused(capture=lens({**PIR, "name": "left"}, lamp=lamp("GPIO17")))
    assert "[[capture.triggers]] left" in named


@pytest.mark.parametrize(
    ("capture", "users"),
    [
        (lens(PIR, PIR), ("number 1", "number 2")),
        (lens(PIR, filter={"out": {"line": "GPIO17"}}), ("number 1", "filter] out")),
        (
            lens(PIR, lamp=lamp("GPIO4"), filter={"out": {"line": "GPIO4"}}),
            ("lamp]", "filter] out"),
        ),
        (
            lens(PIR, filter={"out": {"line": "GPIO4"}, "back": {"line": "GPIO4"}}),
            ("filter] out", "filter] back"),
        ),
    ],
)
def test_so_is_any_other_line_that_two_parts_use(capture: Values, users: tuple[str, str]) -> None:
    told = refused(capture=capture)
    assert all(user in told for user in users)


@pytest.mark.parametrize(
    "written",
    [
        {"line": 17},
        {"line": 17, "chip": "gpiochip0"},
        {"line": "GPIO17", "chip": "/dev/gpiochip0"},
        {"line": 17, "backend": "rpi-gpio"},
        {"line": 11, "backend": "rpi-gpio", "numbering": "BOARD"},
    ],
)
def test_a_line_is_the_same_however_it_is_written(written: Values) -> None:
    assert "GPIO line" in refused(capture=lens(PIR, lamp={**written, "watts": 3.0}))


def test_lines_that_differ_or_may_differ_are_taken() -> None:
    out = {"line": 5, "chip": "gpiochip0"}
    back = {"line": 5, "chip": "gpiochip1"}
    station(capture=lens(PIR, lamp=lamp("GPIO4"), filter={"out": out, "back": back}))
    station(capture=lens(PIR, lamp=lamp(17, backend="jetson-gpio")))
    by_place = {"kind": "gpio", "line": 17, "backend": "rpi-gpio", "numbering": "BOARD"}
    station(capture=lens(PIR, by_place))  # a supply pin: the library says what is wrong with it


@pytest.mark.parametrize(
    ("sections", "users"),
    [
        ({"clock": {"gnss": "/dev/ttyA"}}, ("[controller] port", "[clock] gnss")),
        (
            {"uplink": {"lorawan": {**LORAWAN, "port": "/dev/ttyA"}}},
            ("[controller] port", "[uplink.lorawan] port"),
        ),
        (
            {"uplink": {"satellite": {"port": "/dev/../dev/ttyA"}}},
            ("[controller] port", "[uplink.satellite] port"),
        ),
        (
            {"uplink": {"broker": "mqtt://camp", "cellular": {"modem": "/dev/ttyA"}}},
            ("[controller] port", "[uplink.cellular] modem"),
        ),
    ],
)
def test_a_port_that_two_parts_use_is_refused_and_both_are_named(
    sections: dict[str, Values], users: tuple[str, str]
) -> None:
    told = refused(controller={"port": "/dev/ttyA"}, **sections)
    assert "/dev/ttyA" in told
    assert all(user in told for user in users)


def test_two_names_of_one_device_are_one_port(tmp_path: Path) -> None:
    (tmp_path / "ttyA").touch()
    (tmp_path / "serial0").symlink_to("ttyA")
    ports = {"controller": {"port": str(tmp_path / "ttyA")}}
    assert "[clock] gnss" in refused(**ports, clock={"gnss": str(tmp_path / "serial0")})


def test_all_double_uses_are_told_at_once() -> None:
    told = refused(
        capture=lens(PIR, lamp=lamp("GPIO17")),
        controller={"port": "/dev/ttyA"},
        clock={"gnss": "/dev/ttyA"},
    )
    assert "GPIO17" in told and "/dev/ttyA" in told


def test_each_on_a_port_of_its_own_is_taken() -> None:
    cellular = {"modem": "866425030000000"}
    station(
        controller={"port": "/dev/ttyA"},
        clock={"gnss": "/dev/ttyB"},
        uplink={
            "broker": "mqtt://camp",
            "lorawan": {**LORAWAN, "port": "/dev/ttyC"},
            "satellite": {"port": "/dev/ttyD"},
            "cellular": cellular,
        },
    )


def test_an_offset_of_an_expander_is_no_line_of_the_header() -> None:
    pir = {**PIR, "line": "GPIO5"}
    station(capture=lens(pir, lamp={"line": 5, "chip": "gpiochip1", "watts": 3.0}))
