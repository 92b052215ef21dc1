"""The configuration: every value has a name, a unit and a limit, and every error says which."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import Capture, Spool, StationConfig, Triage, Uplink, load_config, parse_config
from edge.errors import ConfigError
from edge.security.keys import BasecampKey
from tools import config as config_command

STATION = {"station": {"id": "ridge-2"}}


def parse(**sections: dict[str, Any]) -> StationConfig:
    return parse_config({**STATION, **sections}, base=Path("/station"))


def test_a_name_is_all_that_must_be_there():
    config = parse()
    assert config.station.id == "ridge-2"
    assert config.uplink == Uplink()
    assert config.triage == Triage()


def test_relative_paths_start_at_the_folder_of_the_file(tmp_path):
    (tmp_path / "station.toml").write_text(
        '[station]\nid = "a"\nkey_file = "station.key"\n'
        '[capture]\npath = "/media/card"\n'
        '[uplink]\npassword_file = "secrets/password"\nca_file = "ca.pem"\n'
    )
    config = load_config(tmp_path / "station.toml")
    assert config.station.key_file == tmp_path / "station.key"
    assert config.capture.path == Path("/media/card")
    assert config.spool.path == tmp_path / "spool"
    assert config.uplink.password_file == tmp_path / "secrets" / "password"
    assert config.uplink.ca_file == tmp_path / "ca.pem"


WRONG: dict[str, list[Any]] = {
    "station.id": ["", "-a", "a b", "a/b", "a+", "a#", "ä", "a\n", "x" * 33, 7, None],
    "capture.camera": ["webcam", ""],
    "capture.path": [7],
    "capture.settle_s": [0, -1, float("nan"), "soon"],
    "capture.poll_s": [0, -1, float("nan")],
    "capture.consume": ["perhaps", 2],
    "triage.detect_score": [-0.1, 1.1, float("nan"), "high"],
    "triage.doubt_score": [-0.1, 1.1, float("nan")],
    "triage.target_mass": [-0.1, 1.1, float("nan")],
    "triage.doubt_mass": [-0.1, 1.1, float("nan")],
    "triage.audit_share": [-0.1, 1.1, float("nan")],
    "triage.targets": [[], "Panthera uncia", [7]],
    "triage.threads": [0, 17, 1.5],
    "triage.timeout_s": [0, -1, float("nan")],
    "triage.crop_frames": [0, 17],
    "spool.path": [7],
    "spool.max_bytes": [-1, 0.5, 500],
    "spool.min_free_bytes": [-1],
    "spool.remembered_bursts": [-1],
    "uplink.broker": [
        "",
        "broker",
        "broker:1883",
        "http://broker",
        "mqtt://",
        "mqtt://:1883",
        "mqtt://broker:port",
        "mqtt://broker:0",
        "mqtt://broker:65536",
        "mqtt://[::1",
        "mqtt://user:secret@broker",
        "mqtt://broker/topic",
    ],
    "uplink.window": [0, 257],
    "uplink.ack_timeout_s": [0, float("nan")],
    "uplink.backoff_max_s": [0],
    "uplink.heartbeat_s": [0],
    "uplink.descriptor_max_bytes": [-1],
}
CASES = [(field, value) for field, values in WRONG.items() for value in values]


@pytest.mark.parametrize(("field", "value"), CASES, ids=[f"{f}={v!r:.30}" for f, v in CASES])
def test_a_value_that_does_not_fit_is_named_by_its_field(field, value):
    section, name = field.split(".")
    with pytest.raises(ConfigError, match=f"\\[{section}\\] {name}.*: "):
        parse(**{section: {**STATION.get(section, {}), name: value}})


@pytest.mark.parametrize("section", ["capture", "triage", "spool", "uplink"])
def test_a_misspelt_field_is_refused_by_its_name(section):
    with pytest.raises(ConfigError, match=f"\\[{section}\\] setle_s: unknown key"):
        parse(**{section: {"setle_s": 1}})


def test_a_misspelt_section_and_a_missing_one_are_refused_by_name():
    with pytest.raises(ConfigError, match=r"\[uplnk\]: unknown key"):
        parse(uplnk={})
    with pytest.raises(ConfigError, match=r"\[station\]: missing"):
        parse_config({}, base=Path())


def test_a_place_for_a_name_is_told_what_a_name_is():
    with pytest.raises(ConfigError, match=r"\[station\] id: a name of letters, .* never a place"):
        parse(station={"id": "46.1N 78.2E"})


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"lorawan": {"port": "/dev/ttyUSB0"}}, "[uplink.lorawan] dev_eui: missing"),
        ({"lorawan": {"dev_eui": "70-B3-D5"}}, "[uplink.lorawan] dev_eui: must be 16 hexadecimal"),
        ({"lorawan": {"fair_use": "often"}}, "[uplink.lorawan] fair_use: must be true or false"),
        (
            {"lorawan": {"crop_bytes": "2 kB"}},
            "[uplink.lorawan] crop_bytes: must be a whole number",
        ),
        ({"cellular": {"every_s": "1 h"}}, "[uplink.cellular] every_s: must be a number"),
        ({"cellular": {"apn": ""}}, "[uplink.cellular] apn: must not be empty"),
        ({"satellite": {"prot": "/dev/ttyUSB0"}}, "[uplink.satellite] prot: unknown key"),
        ({"satelite": {"port": "/dev/ttyUSB0"}}, "[uplink] satelite: unknown key"),
    ],
)
def test_what_is_wrong_with_a_link_is_told_in_the_words_of_the_file(values, told):
    with pytest.raises(ConfigError) as refused:
        parse(uplink=values)
    assert told in str(refused.value)


def test_an_item_of_a_list_is_told_by_its_number():
    with pytest.raises(ConfigError, match=r"\[triage\] targets\.1: "):
        parse(triage={"targets": ["Panthera uncia", 7]})


def test_every_problem_is_told_at_once():
    with pytest.raises(ConfigError) as refused:
        parse(triage={"threads": 0}, uplink={"window": 0})
    assert "[triage] threads: must be greater than" in str(refused.value)
    assert "[uplink] window: must be greater than" in str(refused.value)


def test_a_password_in_the_address_is_pointed_to_its_place_and_not_repeated():
    with pytest.raises(ConfigError, match="username and password_file") as refused:
        parse(uplink={"broker": "mqtt://user:s3cret@broker"})
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "broker", ["mqtt://broker", "mqtts://broker:8883", "mqtt://[::1]:1883", "mqtt://10.0.0.1/"]
)
def test_the_address_of_a_broker_is_taken(broker):
    assert parse(uplink={"broker": broker}).uplink.broker == broker


class TestTheFile:
    def test_a_missing_one_is_named_with_the_command_that_writes_one(self, tmp_path):
        path = tmp_path / "absent.toml"
        with pytest.raises(ConfigError, match=f"irbis config new --out {path}"):
            load_config(path)

    @pytest.mark.parametrize("content", [b"[station", b"\xff\xfe", b"a = 1\na = 2\n", b"\x00"])
    def test_one_that_is_not_toml_is_named(self, content, tmp_path):
        path = tmp_path / "station.toml"
        path.write_bytes(content)
        with pytest.raises(ConfigError, match=r"station\.toml: cannot be read as TOML"):
            load_config(path)

    def test_a_word_without_quotes_is_told_with_them(self, tmp_path):
        path = tmp_path / "station.toml"
        path.write_text("[capture]\ncamera = pi\n")
        with pytest.raises(ConfigError, match=r'line 2.*a word stands in quotes: camera = "pi"'):
            load_config(path)

    def test_a_mistyped_key_is_told_with_the_one_that_was_meant(self, tmp_path):
        path = tmp_path / "station.toml"
        path.write_text('[station]\nid = "a"\n[uplnk]\n[capture]\nzzzz = 1\n')
        with pytest.raises(ConfigError) as told:
            load_config(path)
        assert "[uplnk]: unknown key; did you mean uplink?" in str(told.value)
        assert "[capture] zzzz: unknown key" in str(told.value)
        assert "zzzz: unknown key; did" not in str(told.value)

    def test_one_that_a_power_cut_emptied_is_no_configuration(self, tmp_path):
        path = tmp_path / "station.toml"
        path.touch()
        with pytest.raises(ConfigError, match=r"station\.toml: \[station\]: missing"):
            load_config(path)

    def test_one_that_windows_saved_is_read(self, tmp_path):
        path = tmp_path / "station.toml"
        path.write_bytes(b'\xef\xbb\xbf[station]\r\nid = "ridge-2"\r\n')
        assert load_config(path).station.id == "ridge-2"

    def test_a_folder_is_no_file(self, tmp_path):
        with pytest.raises(ConfigError, match="cannot be read as TOML"):
            load_config(tmp_path)

    @given(st.binary(max_size=200))
    def test_any_bytes_are_a_configuration_or_a_config_error(self, tmp_path_factory, content):
        path = tmp_path_factory.getbasetemp() / "any.toml"
        path.write_bytes(content)
        with pytest.raises(ConfigError):  # nothing so short and random names a station
            load_config(path)


class TestTheTemplate:
    """What ``irbis config new`` writes is what the schema reads."""

    def run(self, *words: str) -> int:
        parser = argparse.ArgumentParser()
        config_command.configure(parser)
        return config_command.execute(parser.parse_args(words))

    def test_it_is_a_configuration_with_the_defaults_of_the_schema(self, tmp_path, capsys):
        path, token = tmp_path / "station.toml", str(BasecampKey.generate().token)
        assert self.run("new", "--out", str(path), "--station", "r-1", "--basecamp", token) == 0
        config = load_config(path)
        assert (config.station.id, config.station.basecamp) == ("r-1", token)
        assert config.triage == Triage()
        assert config.capture == Capture(path=tmp_path / "incoming")
        assert config.spool == Spool(path=tmp_path / "spool")
        assert config.uplink == Uplink(broker="mqtt://127.0.0.1:1883")

    def test_its_commented_lines_are_fields_of_the_schema(self, tmp_path):
        path = tmp_path / "station.toml"
        self.run("new", "--out", str(path))
        lines = path.read_text().splitlines()
        text = "\n".join(line.removeprefix("# ") if " = " in line else line for line in lines)
        path.write_text(text)
        uplink = load_config(path).uplink
        assert uplink.username == "station-1"
        assert uplink.password_file is not None
        assert uplink.ca_file is not None

    def test_a_file_that_is_there_is_never_overwritten(self, tmp_path):
        path = tmp_path / "station.toml"
        path.write_text("mine")
        with pytest.raises(ConfigError, match="exists already; move it away first"):
            self.run("new", "--out", str(path))
        assert path.read_text() == "mine"
