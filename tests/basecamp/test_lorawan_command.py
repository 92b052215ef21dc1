"""``irbis basecamp`` with LoRaWAN, as its operator types it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edge.security.keys import BasecampKey, StationKey
from tools.basecamp.store import Store

from . import lorawan as air
from .field import Broker, eventually
from .lorawan import RadioStation
from .test_command import healthy, irbis


def test_a_device_is_given_when_its_station_is_enrolled_or_later(data: Path) -> None:
    token = StationKey.generate().token
    enrolled = irbis("enrol", "ridge-7", token, "--dev-eui", air.DEV_EUI.upper(), "--data", data)
    assert (enrolled.returncode, enrolled.stderr) == (0, "")
    given = irbis("radio", "ridge-7", "--dev-eui", "70-B3-D5-7E-D0-06-00-02", "--data", data)
    assert given.stdout == "device 70b3d57ed0060002 speaks for ridge-7\n"
    with Store(data) as store:
        assert store.devices.station_of(air.DEV_EUI) == "ridge-7"
        assert store.devices.station_of("70b3d57ed0060002") == "ridge-7"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["ridge-2", "--dev-eui", "70b3"], "16 hexadecimal digits"),
        (["ridge-9", "--dev-eui", air.DEV_EUI], "irbis basecamp enrol ridge-9 TOKEN"),
    ],
)
def test_a_device_that_cannot_be_given_is_told(data: Path, words: list[str], told: str) -> None:
    done = irbis("radio", *words, "--data", data)
    assert done.returncode == 1
    assert told in done.stderr


def test_a_device_is_taken_from_another_station_only_when_told_to(data: Path) -> None:
    irbis("enrol", "ridge-7", StationKey.generate().token, "--data", data)
    words = ["--dev-eui", air.DEV_EUI, "--data", data]
    irbis("radio", "ridge-7", *words)
    refused = irbis("radio", "ridge-2", *words)
    assert (refused.returncode, "that of ridge-7" in refused.stderr) == (1, True)
    assert irbis("radio", "ridge-2", *words, "--replace").returncode == 0


def test_a_number_of_downlinks_that_is_none_is_bad_usage(data: Path) -> None:
    words = ["serve", "--data", data, "--broker", "mqtt://127.0.0.1:1", "--lorawan"]
    assert irbis(*words, "--downlinks-per-day", "-1").returncode == 2


def test_serve_hears_a_network_on_a_second_broker(
    data: Path, broker: Broker, tmp_path: Path
) -> None:
    with Store(data) as store:
        store.devices.assign(air.DEV_EUI, "ridge-2")
    folder = tmp_path / "second"
    folder.mkdir()
    second = Broker.with_password(folder, "basecamp", "open sesame")
    second.start()
    (tmp_path / "password").write_text("open sesame\n")
    words = ["serve", "--data", str(data), "--broker", str(broker.address)]
    words += ["--lorawan-broker", str(second.address), "--lorawan-username", "basecamp"]
    words += ["--lorawan-password-file", str(tmp_path / "password"), "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.cli", "basecamp", *words, "--downlinks-per-day", "10"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        eventually(lambda: healthy(url), "both brokers are heard")
    finally:
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
        second.kill()
    assert process.returncode == 0
    assert f"LoRaWAN broker {second.address}: listening on application/+" in log
    assert "Traceback" not in log


def test_serve_says_when_devices_are_enrolled_and_nobody_listens(
    data: Path, broker: Broker
) -> None:
    with Store(data) as store:
        store.devices.assign(air.DEV_EUI, "ridge-2")
    words = ["serve", "--data", str(data), "--broker", str(broker.address)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.cli", "basecamp", *words, "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
    finally:
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
    assert "give --lorawan" in log


def test_a_picture_is_asked_for_by_radio_and_taken_back(
    data: Path, station_key: StationKey, basecamp_key: BasecampKey
) -> None:
    radio = RadioStation(station_key, basecamp_key.token)
    with Store(data) as store:
        frame = radio.sealer.seal(air.sighting_record(1))
        store.radio_inbox(basecamp_key).take("ridge-2", frame)
    reference = air.radio_sighting(1).reference.hex()
    words = ["ridge-2", reference, "--picture", "2", "--data", data]
    asked = irbis("radio-crop", *words)
    assert asked.stdout == f"picture 2 of burst {reference} is asked for by radio\n"
    back = irbis("radio-crop", *words, "--enough")
    assert back.stdout == f"picture 2 of burst {reference} is not asked for any more\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["00000000"], "no sighting of ridge-2 has the reference 00000000"),
        (["dae754"], "expected 8 hexadecimal digits"),
        (["dae754d2", "--picture", "16"], "a number from 0 to 15"),
    ],
)
def test_a_picture_that_cannot_be_asked_for_is_told(
    data: Path, words: list[str], told: str
) -> None:
    done = irbis("radio-crop", "ridge-2", *words, "--data", data)
    assert done.returncode == 1
    assert told in done.stderr
