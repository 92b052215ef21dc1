"""The cellular and satellite sections take what a technician means, and refuse slips."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from edge.errors import ConfigError
from edge.uplink.cellular.budget import DataLimits
from edge.uplink.cellular.config import Cellular, Satellite
from edge.uplink.cellular.modem_manager import Subscription


def test_without_a_word_it_is_bounded_and_switches_no_modem() -> None:
    cellular = Cellular()
    assert cellular.limits == DataLimits(5_000_000, 100_000_000)
    assert cellular.subscription() is None
    assert cellular.terms.publish_bytes > 10**12


def test_secrets_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "pin").write_text("1234\n")
    cellular = Cellular(apn="m2m", user="trap", pin_file=tmp_path / "pin", roaming=False)
    assert cellular.subscription() == Subscription("m2m", "trap", None, "1234", roaming=False)
    with pytest.raises(ConfigError, match="pin_file"):
        Cellular(apn="m2m", pin_file=tmp_path / "none").subscription()


def test_small_things_are_published_where_there_is_an_upload_server() -> None:
    assert Cellular(uploads="https://camp.example/uploads").terms.publish_bytes == 2048


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


def test_a_satellite_message_is_never_longer_than_a_modem_takes() -> None:
    assert Satellite(most_bytes=100).terms.most_bytes == 100
    with pytest.raises(ValidationError):
        Satellite(most_bytes=341)
