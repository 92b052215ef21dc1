"""`irbis doctor` says what is there, what is not, and how to get it."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

import pytest

from edge.config import StationConfig, parse_config
from edge.security.keys import BasecampKey, StationKey
from models.registry import load_registry
from tools.checks import board, network, serial_lines, software, storage
from tools.checks.finding import Finding, State
from tools.cli import main


@pytest.fixture
def station_file(tmp_path: Path) -> Path:
    """A station that could arm."""
    (tmp_path / "incoming").mkdir()
    StationKey.generate().save(tmp_path / "station.key")
    path = tmp_path / "station.toml"
    path.write_text(
        '[station]\nid = "ridge-1"\nkey_file = "station.key"\n'
        f'basecamp = "{BasecampKey.generate().token}"\n'
        '[capture]\npath = "incoming"\n[spool]\npath = "spool"\nmin_free_bytes = 1000\n'
    )
    return path


def _found(output: str) -> dict[str, dict[str, str]]:
    return {finding["name"]: finding for finding in json.loads(output)["findings"]}


def _only(findings: object) -> Finding:
    (finding,) = findings  # type: ignore[misc]
    return finding  # type: ignore[no-any-return]


def test_a_machine_that_runs_these_tests_can_run_a_station(
    station_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--json", "--config", str(station_file)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["can_run"] is True
    states = {finding["name"]: finding["state"] for finding in report["findings"]}
    for name in ("python", "packages", "runtime", "models", "encoders", "keys", "pictures"):
        assert states[name] == "ok", name


def test_every_line_for_a_person_names_its_state_and_a_way_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["doctor"])
    *lines, empty, last = capsys.readouterr().out.splitlines()
    assert not empty
    assert "a station can" in last
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        state = line.split()[0]
        assert state in ("ok", "missing", "warning", "->")
        if state == "warning":
            assert after.strip().startswith("->")


def test_a_missing_key_keeps_the_station_from_running_and_names_the_command(
    station_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (station_file.parent / "station.key").unlink()
    assert main(["doctor", "--json", "--config", str(station_file)]) == 1
    keys = _found(capsys.readouterr().out)["keys"]
    assert keys["state"] == "missing"
    assert "irbis keys station --out" in keys["detail"]


def test_a_missing_folder_of_pictures_is_named(
    station_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (station_file.parent / "incoming").rmdir()
    assert main(["doctor", "--json", "--config", str(station_file)]) == 1
    pictures = _found(capsys.readouterr().out)["pictures"]
    assert pictures["state"] == "missing"
    assert "incoming" in pictures["detail"]


def test_a_configuration_that_cannot_be_read_is_one_finding_among_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--json", "--config", str(tmp_path / "absent.toml")]) == 1
    found = _found(capsys.readouterr().out)
    assert "irbis config new" in found["config"]["detail"]
    assert found["runtime"]["state"] == "ok"


def test_a_package_that_does_not_import_is_named_with_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "nacl", None)
    finding = _only(software.check_packages(None))
    assert finding.state is State.MISSING
    assert finding.remedy == "pip install pynacl"


def test_without_any_runtime_the_one_to_install_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in software.RUNTIMES:
        monkeypatch.setitem(sys.modules, module, None)
    finding = _only(software.check_runtime(None))
    assert finding.state is State.MISSING
    assert finding.remedy == "pip install ai-edge-litert"


def test_a_damaged_model_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shipped = load_registry().default("detector").path.parent
    for file in shipped.glob("*.toml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    for file in shipped.glob("*.tflite"):
        (tmp_path / file.name).write_bytes(file.read_bytes()[:-1])
    monkeypatch.setattr("models.registry.REGISTRY_PATH", tmp_path / "registry.toml")
    finding = _only(software.check_models(None))
    assert finding.state is State.MISSING
    assert "expected" in finding.detail


def test_one_broken_check_does_not_hide_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(config: object) -> list[Finding]:
        raise OSError("no such bus")

    monkeypatch.setattr(board, "check_gpio", broken)
    assert main(["doctor", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert any("no such bus" in finding["detail"] for finding in report["findings"])
    assert report["findings"][-1]["name"] == "broker"


def test_devices_are_found_where_the_kernel_puts_them(tmp_path: Path) -> None:
    (tmp_path / "video0").touch()
    camera = _only(board.check_camera(None, tmp_path))
    assert camera.state is State.OK
    assert "video0" in camera.detail
    assert _only(board.check_gpio(None, tmp_path)).state is State.WARNING


def test_a_spool_in_memory_is_a_warning() -> None:
    memory = Path("/dev/shm")
    if storage.file_system(memory) != "tmpfs":
        pytest.skip("this machine has no tmpfs at /dev/shm")
    values = {"station": {"id": "a"}, "spool": {"path": "spool", "min_free_bytes": 1}}
    finding = _only(storage.check_disk(parse_config(values, base=memory)))
    assert finding.state is State.WARNING
    assert "power" in finding.detail


def test_a_disk_below_the_floor_is_missing(tmp_path: Path) -> None:
    values = {"station": {"id": "a"}, "spool": {"min_free_bytes": 10**18}}
    finding = _only(storage.check_disk(parse_config(values, base=tmp_path)))
    assert finding.state is State.MISSING


def test_a_broker_that_answers_is_ok_and_a_silent_one_a_warning(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        values = {"station": {"id": "a"}, "uplink": {"broker": f"mqtt://127.0.0.1:{port}"}}
        config = parse_config(values, base=tmp_path)
        assert _only(network.check_uplink(config)).state is State.OK
    with socket.socket() as nobody:  # has the port, so that no other server gets it
        nobody.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        nobody.bind(("127.0.0.1", port))
        silent = _only(network.check_uplink(config))
    assert silent.state is State.WARNING
    assert "waits in the spool" in silent.detail


def _with_radio(tmp_path: Path, port: str) -> StationConfig:
    lorawan = {"port": port, "dev_eui": "00" * 8, "app_key_file": "app.key"}
    values = {"station": {"id": "a"}, "uplink": {"lorawan": lorawan}}
    return parse_config(values, base=tmp_path)


def test_a_station_with_a_radio_alone_has_a_way_to_send(tmp_path: Path) -> None:
    assert list(network.check_uplink(_with_radio(tmp_path, "/dev/null"))) == []


def test_a_serial_line_is_there_or_is_told_with_a_way_out(tmp_path: Path) -> None:
    master, line = os.openpty()
    try:
        (tmp_path / "app.key").write_text("00" * 16)
        (tmp_path / "app.key").chmod(0o600)
        port, key = serial_lines.check_lines(_with_radio(tmp_path, os.ttyname(line)))
        assert (port.state, key.state) == (State.OK, State.OK)
    finally:
        os.close(master)
        os.close(line)
    (tmp_path / "a-file").write_text("")
    for wrong in ("/dev/no-such-line", str(tmp_path / "a-file")):
        port, _ = serial_lines.check_lines(_with_radio(tmp_path, wrong))
        assert port.state is State.WARNING
        assert wrong in port.detail
        assert port.remedy


def test_a_radio_s_key_that_is_not_one_is_told_and_never_shown(tmp_path: Path) -> None:
    (tmp_path / "app.key").write_text("secret but too short")
    _, key = serial_lines.check_lines(_with_radio(tmp_path, "/dev/null"))
    assert key.state is State.WARNING
    assert "secret" not in key.detail


def test_a_radio_s_key_for_everybody_s_eyes_is_told_with_the_command(tmp_path: Path) -> None:
    (tmp_path / "app.key").write_text("00" * 16)
    (tmp_path / "app.key").chmod(0o644)
    _, key = serial_lines.check_lines(_with_radio(tmp_path, "/dev/null"))
    assert key.state is State.WARNING
    assert key.remedy == f"chmod 600 {tmp_path / 'app.key'}"


def test_a_radio_s_key_that_is_missing_is_told_as_such(tmp_path: Path) -> None:
    _, key = serial_lines.check_lines(_with_radio(tmp_path, "/dev/null"))
    assert key.state is State.WARNING
    assert "No such file" in key.detail
    assert "AppKey" in (key.remedy or "")


def _with_sessions(tmp_path: Path, **cellular: str) -> list[Finding]:
    uplink = {"broker": "mqtt://127.0.0.1:9", "cellular": cellular}
    values = {"station": {"id": "a"}, "uplink": uplink}
    return list(network.check_uplink(parse_config(values, base=tmp_path)))


@pytest.mark.parametrize("file", ["ca_file", "pin_file", "password_file"])
def test_a_file_that_sessions_lack_is_told(tmp_path: Path, file: str) -> None:
    found = _with_sessions(tmp_path, apn="internet", **{file: "absent"})
    assert [(one.name, one.state) for one in found] == [("cellular", State.WARNING)]
    assert "absent" in found[0].detail


def test_what_a_modem_must_reach_first_is_not_asked_for(tmp_path: Path) -> None:
    found = _with_sessions(tmp_path, apn="internet", uploads="https://127.0.0.1:9/uploads")
    assert [(one.name, one.state) for one in found] == [("cellular", State.OK)]


def test_a_server_of_uploads_that_is_silent_is_told_with_the_way_out(tmp_path: Path) -> None:
    uploads, broker = _with_sessions(tmp_path, uploads="https://127.0.0.1:9/uploads")
    assert (uploads.name, uploads.state) == ("uploads", State.WARNING)
    assert "--uploads" in (uploads.remedy or "")
    assert (broker.name, broker.state) == ("uplink", State.WARNING)
