"""What a station is told to become: complete, or refused before a card is touched."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from edge.config import parse_config
from edge.errors import ConfigError, IrbisError
from edge.security.keys import BasecampKey, StationKey
from tools.flashing.errors import StampError
from tools.flashing.order import Order, WifiOrder, make_handover

TOKEN = str(BasecampKey.generate().token)
KEY = StationKey.generate()


def order(station: str = "ridge-7", **more: object) -> Order:
    return Order(station, **{"basecamp": TOKEN, "key": KEY, **more})  # type: ignore[arg-type]


def config(files: object) -> dict[str, object]:
    assert isinstance(files, dict)
    return tomllib.loads(files["station.toml"].decode())


def test_a_name_a_token_and_a_key_are_enough() -> None:
    made = make_handover(order())
    assert list(made.files) == ["station.key", "station.toml"]
    assert StationKey.parse(made.files["station.key"].decode()).token == KEY.token == made.token
    parsed = parse_config(config(made.files), base=Path("/etc/irbis"))
    assert parsed.station.id == "ridge-7"
    assert parsed.station.key_file == Path("/etc/irbis/station.key")
    assert parsed.spool.path == Path("/var/lib/irbis/spool")


def test_every_text_ends_its_lines_as_windows_shows_them(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("ssh-ed25519 AAAA me\n")
    for content in make_handover(order(ssh_keys=tmp_path / "keys", own_key=True)).files.values():
        assert content.endswith(b"\r\n") and b"\n" not in content.replace(b"\r\n", b"")


def test_a_template_brings_its_files_and_each_station_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/broker.password").write_text("hunter2\n")
    (tmp_path / "cats.irbis").write_bytes(b"\x00\xff")
    (tmp_path / "template.toml").write_text(
        f'[station]\nid = "x"\nbasecamp = "{TOKEN}"\n[triage]\ncatalogue = "cats.irbis"\n'
        '[uplink]\nbroker = "mqtt://camp"\nusername = "trap-{station}"\n'
        'password_file = "secrets/broker.password"\nca_file = "/etc/ssl/camp.pem"\n'
        '[spool]\npath = "evidence"\n'
    )
    made = make_handover(order(template=tmp_path / "template.toml", basecamp=None))
    found = config(made.files)
    assert found["uplink"] == {
        "broker": "mqtt://camp", "username": "trap-ridge-7",
        "password_file": "broker.password", "ca_file": "/etc/ssl/camp.pem",
    }  # fmt: skip
    assert found["station"]["id"] == "ridge-7"  # type: ignore[index]
    assert found["spool"] == {"path": "/var/lib/irbis/evidence"}
    assert made.files["cats.irbis"] == b"\x00\xff"
    assert made.files["broker.password"] == b"hunter2\n"


def test_settings_keep_the_kind_of_value_that_the_schema_wants() -> None:
    values = config(
        make_handover(
            order(
                settings={
                    "uplink.lorawan.port": "/dev/ttyUSB0",
                    "uplink.lorawan.modem": "rak3172",
                    "uplink.lorawan.region": "EU868",
                    "uplink.lorawan.dev_eui": "7000000000000001",
                    "uplink.lorawan.join_eui": "0000000000000001",
                    "uplink.lorawan.app_key_file": "/etc/irbis/app.key",
                    "uplink.lorawan.fair_use": "true",
                    "spool.min_free_bytes": "1000000",
                }
            )
        ).files
    )
    lorawan = values["uplink"]["lorawan"]  # type: ignore[index]
    assert (lorawan["dev_eui"], lorawan["fair_use"]) == ("7000000000000001", True)
    assert values["spool"]["min_free_bytes"] == 1_000_000  # type: ignore[index]


def test_wifi_and_the_rest_of_the_system_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "word").write_text("correct horse\r\n")
    wifi = WifiOrder("Base Camp", tmp_path / "word", "NP")
    files = make_handover(order(key=None, own_key=True, wifi=wifi, hostname="trap7")).files
    assert list(files)[-1] == "station.toml" and "station.key" not in files
    assert tomllib.loads(files["system.toml"].decode()) == {
        "hostname": "trap7",
        "own_key": True,
        "wifi": {"ssid": "Base Camp", "password_file": "wifi.password", "country": "NP"},
    }
    assert files["wifi.password"] == b"correct horse\r\n"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"station": "ridge 7"}, "never a place"),
        ({"basecamp": None}, "basecamp"),
        ({"basecamp": TOKEN[:-3]}, "copied in full|letter is wrong"),
        ({"key": None}, "has no key"),
        ({"settings": {"uplink.brocker": "mqtt://camp"}}, "brocker: unknown key"),
        ({"settings": {"broker": "mqtt://camp"}}, "name a setting with its section"),
        ({"settings": {"uplink.password_file": "no-such-file"}}, "cannot be read"),
        ({"settings": {"triage.models": "mine"}}, "belongs into the image"),
        ({"wifi": WifiOrder("x" * 33)}, "ssid"),
        ({"hostname": "Ridge_7"}, "hostname"),
    ],
)
def test_what_no_station_could_arm_with_is_refused(more: dict[str, object], told: str) -> None:
    with pytest.raises(IrbisError, match=told):
        make_handover(order(**more))  # type: ignore[arg-type]


PRIVATE = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("more", "content", "told"),
    [
        ({"ssh_keys": "given"}, PRIVATE.encode(), "no public key"),
        ({"wifi": "given"}, "sch\u00f6nes Tal\n".encode(), "ASCII"),
        ({"wifi": "given"}, b"g" * 64, "ASCII"),
        ({"settings": {"uplink.ca_file": "given"}}, b"\x30\x82\xff", "is no text"),
        ({"settings": {"uplink.ca_file": "given"}}, b"x" * 64_001, "too many for a text"),
        ({"settings": {"uplink.password_file": "given"}}, b"", "is empty"),
        ({"updates": "given"}, b"-----BEGIN PRIVATE KEY-----\n", "updates.pem"),
    ],
)
def test_what_the_first_boot_would_refuse_never_comes_onto_a_card(
    tmp_path: Path, more: dict[str, object], content: bytes, told: str
) -> None:
    (tmp_path / "given").write_bytes(content)
    settings = {"uplink.broker": "mqtts://camp"}
    made: dict[str, object] = {"folder": tmp_path, "settings": settings}
    for name, value in more.items():
        if name == "wifi":
            made[name] = WifiOrder("Base Camp", tmp_path / "given")
        elif name == "settings":
            assert isinstance(value, dict)
            made[name] = {**settings, **value}
        else:
            made[name] = tmp_path / "given"
    with pytest.raises(IrbisError, match=told):
        make_handover(order(**made))


@pytest.mark.parametrize("name", ["CA.pem", "Station.key", "identity.txt", "wifi.password"])
def test_two_names_that_fat_takes_for_one_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "ca.pem").write_text("one")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / name).write_text("another")
    (tmp_path / "word").write_text("correct horse\n")
    settings = {
        "uplink.broker": "mqtts://camp", "uplink.ca_file": "ca.pem",
        "uplink.password_file": f"other/{name}", "uplink.username": "trap",
    }  # fmt: skip
    wifi = WifiOrder("Base Camp", tmp_path / "word")
    with pytest.raises(StampError, match="rename"):
        make_handover(order(settings=settings, folder=tmp_path, wifi=wifi))


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "ca.pem").write_text(folder)
    settings = {"uplink.ca_file": "a/ca.pem", "uplink.cellular.ca_file": "b/ca.pem"}
    with pytest.raises(StampError, match=r"also called ca\.pem"):
        make_handover(order(settings=settings, folder=tmp_path))


def test_the_template_s_mistakes_are_told_by_line(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text("[station\n")
    with pytest.raises(ConfigError, match="line 1"):
        make_handover(order(template=tmp_path / "t.toml"))
