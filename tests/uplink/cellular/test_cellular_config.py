"""The cellular and satellite sections take what a technician means, and refuse slips."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from edge.config import parse_config
from edge.config_uplink import LEAST_LIMIT_BYTES, MOST_SATELLITE_BYTES, Cellular, Satellite
from edge.errors import ConfigError
from edge.uplink.cellular.budget import CONNECT_BYTES, DataLimits
from edge.uplink.cellular.config import limits_of, subscription_of, terms_of
from edge.uplink.cellular.modem_manager import Subscription
from edge.wire.air.pack import SATELLITE_BYTES


def test_without_a_word_it_is_bounded_and_switches_no_modem() -> None:
    cellular = Cellular()
    assert limits_of(cellular) == DataLimits(5_000_000, 100_000_000)
    assert subscription_of(cellular) is None
    assert terms_of(cellular, 60.0).publish_bytes > 10**12


def test_secrets_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "pin").write_text("1234\n")
    cellular = Cellular(apn="m2m", user="trap", pin_file=tmp_path / "pin", roaming=False)
    assert subscription_of(cellular) == Subscription("m2m", "trap", None, "1234", roaming=False)
    with pytest.raises(ConfigError, match="pin_file"):
        subscription_of(Cellular(apn="m2m", pin_file=tmp_path / "none"))


def test_small_things_are_published_where_there_is_an_upload_server() -> None:
    assert terms_of(Cellular(uploads="https://camp.example/uploads"), 60.0).publish_bytes == 2048


@pytest.mark.parametrize(
    "values",
    [
        {"day_bytes": 5},
        {"month_bytes": 20},
        {"uploads": "camp.example"},
        {"uploads": "https://me:word@camp.example/uploads"},
        {"uploads": "https://camp.example:port/"},
        {"apn": ""},
        {"unknown": 1},
    ],
)
def test_slips_are_told(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Cellular.model_validate(values)


def test_a_limit_holds_ten_sessions_that_only_connect() -> None:
    assert LEAST_LIMIT_BYTES == 10 * CONNECT_BYTES


def test_paths_are_taken_from_the_file_s_folder_and_a_broker_is_wanted(tmp_path: Path) -> None:
    values = {
        "station": {"id": "ridge-1"},
        "uplink": {
            "broker": "mqtts://camp.example",
            "cellular": {"apn": "m2m", "pin_file": "pin", "ca_file": "ca.pem"},
        },
    }
    cellular = parse_config(values, tmp_path).uplink.cellular
    assert cellular is not None
    assert (cellular.pin_file, cellular.ca_file) == (tmp_path / "pin", tmp_path / "ca.pem")
    assert cellular.password_file is None
    without = {"station": {"id": "ridge-1"}, "uplink": {"cellular": {"apn": "m2m"}}}
    with pytest.raises(ConfigError, match=r"\[uplink\]: cellular needs a broker"):
        parse_config(without, tmp_path)


def test_a_satellite_message_is_never_longer_than_a_modem_takes() -> None:
    port = Path("/dev/ttyUSB0")
    assert Satellite(port=port, most_bytes=100).most_bytes == 100
    assert MOST_SATELLITE_BYTES == SATELLITE_BYTES
    with pytest.raises(ValidationError):
        Satellite(port=port, most_bytes=341)
