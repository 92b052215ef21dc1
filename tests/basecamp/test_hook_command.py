"""``irbis basecamp`` with carriers that post, as its operator types it."""

from __future__ import annotations

import argparse
import re
import signal
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from edge.errors import ConfigError
from edge.security.keys import BasecampKey, StationKey
from firmware_bridge.modem import Uplink
from firmware_bridge.simulators.notehub import Notehub
from tests.kit.certificates import make_certificates
from tools.basecamp import hook_options
from tools.basecamp.certificate import Certificate
from tools.basecamp.hook_service import HookTerms
from tools.basecamp.listening import ListenAddress
from tools.basecamp.service import Basecamp
from tools.basecamp.store import Store

from . import hooked
from . import lorawan as air
from .field import Broker, eventually
from .lorawan import RadioStation
from .test_command import irbis

UNHEARD = "mqtt://127.0.0.1:1"


def test_a_notecard_and_an_iridium_modem_are_given_to_a_station(data: Path) -> None:
    card = irbis("radio", "ridge-2", "--notecard", hooked.NOTECARD, "--data", data)
    assert (card.returncode, card.stdout) == (
        0,
        f"device {hooked.NOTECARD} speaks for ridge-2\n",
    )
    modem = irbis("radio", "ridge-2", "--imei", "300234 010753 370", "--data", data)
    assert (modem.returncode, modem.stdout) == (0, f"device {hooked.IMEI} speaks for ridge-2\n")
    with Store(data) as store:
        assert store.devices.station_of(hooked.NOTECARD) == "ridge-2"
        assert store.devices.station_of(f"imei:{hooked.IMEI}") == "ridge-2"
        assert store.devices.any_hooked()
        assert not store.devices.any()


def test_a_modem_is_taken_from_another_station_only_when_told_to(data: Path) -> None:
    irbis("enrol", "ridge-7", StationKey.generate().token, "--data", data)
    words = ["--imei", hooked.IMEI, "--data", data]
    irbis("radio", "ridge-7", *words)
    refused = irbis("radio", "ridge-2", *words)
    assert refused.returncode == 1
    assert f"device {hooked.IMEI} is that of ridge-7" in refused.stderr
    assert irbis("radio", "ridge-2", *words, "--replace").returncode == 0


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--notecard", "860322068012345"], 1, "its DeviceUID, such as dev:"),
        (["--imei", "30023401"], 1, "expected 15 digits"),
        (["--imei", hooked.IMEI, "--dev-eui", air.DEV_EUI], 2, "not allowed with"),
        ([], 2, "is required"),
    ],
)
def test_a_device_that_is_none_is_told(data: Path, words: list[str], code: int, told: str) -> None:
    done = irbis("radio", "ridge-2", *words, "--data", data)
    assert done.returncode == code
    assert told in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--hooks", "nowhere"], "must look like"),
        (["--hooks", "0.0.0.0:8410"], "--hooks-certificate FILE"),
        (["--hooks-plain"], "give --hooks HOST:PORT"),
        (["--rockblock-user", "me"], "give --hooks HOST:PORT"),
        (["--hooks", "127.0.0.1:0", "--hooks-key", "key.pem"], "give --hooks-certificate"),
        (["--hooks", "127.0.0.1:0", "--notehub-project", "app:1"], "--notehub-token-file"),
        (["--hooks", "127.0.0.1:0", "--rockblock-user", "me"], "--rockblock-password-file"),
        (
            ["--hooks", "127.0.0.1:0", "--notehub-project", "x", "--notehub-token-file", "t"],
            "ProjectUID",
        ),
    ],
)
def test_hooks_that_cannot_be_are_told(words: list[str], told: str) -> None:
    parser = argparse.ArgumentParser()
    hook_options.configure(parser.add_argument_group())
    with pytest.raises(ConfigError, match=re.escape(told)):
        hook_options.terms_of(parser.parse_args(words))


def test_serve_tells_in_one_line_of_hooks_that_cannot_be(data: Path) -> None:
    words = ["--hooks", "127.0.0.1:0", "--hooks-certificate", "chain.pem"]
    done = irbis("serve", "--data", data, "--broker", UNHEARD, *words)
    assert done.returncode == 1
    assert "chain.pem: cannot be" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_number_of_answers_that_is_none_is_bad_usage(data: Path) -> None:
    words = ["serve", "--data", data, "--broker", UNHEARD, "--rockblock-answers-per-day", "-1"]
    assert irbis(*words).returncode == 2


def test_serve_takes_what_notehub_posts_over_tls_and_logs_no_place(
    data: Path, tmp_path: Path, station_key: StationKey, basecamp_key: BasecampKey
) -> None:
    certificates = make_certificates(tmp_path / "certificates")
    with Store(data) as store:
        store.devices.assign(hooked.NOTECARD, "ridge-2")
    words = ["serve", "--data", data, "--broker", UNHEARD, "--listen", "127.0.0.1:0"]
    words += ["--hooks", "127.0.0.1:0", "--hooks-certificate", certificates.certificate]
    words += ["--hooks-key", certificates.key]
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.cli", "basecamp", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(3)]
        assert told[1].startswith("Notehub posts to https://127.0.0.1:")
        assert told[2].startswith("RockBLOCK posts to https://127.0.0.1:")
        radio = RadioStation(station_key, basecamp_key.token)
        with Notehub(hooked.TOKEN) as hub:
            hub.route.aim(
                told[1].split()[-1], ssl.create_default_context(cafile=certificates.authority)
            )
            hub.receiver(hooked.NOTECARD)(radio.sealer.seal(air.sighting_record(1)))
            assert hub.route.wait_until_idle(30)
            assert hub.route.statuses == [200]
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0
    assert "ridge-2: sighting by radio" in log
    assert "the certificate of the hooks" in log  # it was made for two days
    assert "42.57" not in log


def test_basecamp_hears_a_notecard_beside_its_broker_and_answers_it(
    data: Path,
    broker: Broker,
    tmp_path: Path,
    station_key: StationKey,
    basecamp_key: BasecampKey,
) -> None:
    certificates = make_certificates(tmp_path / "certificates")
    certificate = Certificate(certificates.certificate, certificates.key)
    trusted = ssl.create_default_context(cafile=certificates.authority)
    radio = RadioStation(station_key, basecamp_key.token)
    with Store(data) as store:
        store.devices.assign(hooked.NOTECARD, "ridge-2")
    with Notehub(hooked.TOKEN, speed=hooked.SPEED) as hub:
        terms = HookTerms(
            ListenAddress(port=0),
            certificate,
            notehub=hooked.notehub_terms(tmp_path, hub),
            gather_s=0.05,
        )
        listen = ListenAddress(port=0)
        with Basecamp(data, broker.address, listen=listen, hooks=terms) as basecamp:
            hub.route.aim(basecamp.hooks["Notehub"], trusted)
            with hooked.notecard(hub) as modem:
                modem.exchange(Uplink(radio.sealer.seal(air.sighting_record(1))))
                eventually(lambda: hub.answers == [200], "the answer waits at Notehub")
                for downlink in modem.exchange(None).downlinks:
                    radio.hear(downlink.payload)
            assert len(basecamp.store.views.news(10)) == 1
    assert radio.acknowledged == {1}


def test_modems_whose_carrier_cannot_post_are_told(
    data: Path, broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    with Store(data) as store:
        store.devices.assign(hooked.NOTECARD, "ridge-2")
    with Basecamp(data, broker.address, listen=ListenAddress(port=0)):
        pass
    assert "give --hooks" in caplog.text
    assert "--lorawan" not in caplog.text
