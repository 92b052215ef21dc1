"""``irbis basecamp`` as its operator types it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from edge.security.keys import BasecampKey, StationKey

from . import samples
from .field import Broker, FieldStation, eventually


def irbis(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.cli", "basecamp", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_init_makes_a_key_once_and_prints_its_token(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = irbis("init", "--data", folder)
    again = irbis("init", "--data", folder)
    assert first.returncode == again.returncode == 0
    assert first.stdout == again.stdout
    assert first.stdout.strip() == str(BasecampKey.load(folder / "basecamp.key").token)


def test_enrol_needs_a_data_folder_a_name_and_a_token(data: Path, tmp_path: Path) -> None:
    token = StationKey.generate().token
    assert irbis("enrol", "ridge-7", token, "--data", data).stdout == "ridge-7 is enrolled\n"
    other = irbis("enrol", "ridge-7", StationKey.generate().token, "--data", data)
    assert (other.returncode, "--replace" in other.stderr) == (1, True)
    assert irbis("enrol", "../x", token, "--data", data).returncode == 1
    assert irbis("enrol", "ridge-8", "irbis-station-1:short", "--data", data).returncode == 1
    assert irbis("enrol", "ridge-8", token, "--data", tmp_path / "typo").returncode == 1
    assert not (tmp_path / "typo").exists()


def test_open_writes_frames_once_and_never_over_them(
    data: Path, tmp_path: Path, basecamp_key: BasecampKey
) -> None:
    frames = samples.picture(1, "image/jpeg"), b"damaged"
    file = tmp_path / "from-card.burst"
    file.write_bytes(samples.sealed(samples.burst(3, *frames), basecamp_key))
    done = irbis("open", file, "--data", data, "--out", tmp_path / "out")
    folder = tmp_path / "out" / samples.burst_id(3)
    assert done.stdout == f"{folder}\n"
    description = json.loads((folder / "description.json").read_text())
    assert description["clock"] == "rtc"
    written = [(folder / frame["file"]).read_bytes() for frame in description["frames"]]
    assert written == list(frames)
    again = irbis("open", file, "--data", data, "--out", tmp_path / "out")
    assert again.returncode == 1
    assert "there already" in again.stderr
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_open_tells_of_a_damaged_file_and_opens_the_rest(
    data: Path, tmp_path: Path, basecamp_key: BasecampKey
) -> None:
    whole, cut = tmp_path / "a.burst", tmp_path / "b.burst"
    whole.write_bytes(samples.sealed(samples.burst(3, b"frame"), basecamp_key))
    cut.write_bytes(whole.read_bytes()[:-1])
    done = irbis("open", cut, whole, "--data", data, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert done.stderr.count("b.burst") == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == [samples.burst_id(3)]


def test_open_names_a_file_that_is_not_there_once(data: Path, tmp_path: Path) -> None:
    absent = tmp_path / "absent.burst"
    done = irbis("open", absent, "--data", data, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert done.stderr == f"irbis basecamp: {absent}: No such file or directory\n"


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_serve_receives_until_it_is_told_to_stop(
    data: Path, broker: Broker, station: FieldStation, stop: signal.Signals
) -> None:
    words = ["serve", "--data", str(data), "--broker", str(broker.address)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.cli", "basecamp", *words, "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        eventually(lambda: healthy(url), "basecamp is healthy")
        message = samples.sighting_message(samples.sighting(1))
        station.send(message)
        assert station.next_acknowledged() == message.item_id
        second = irbis(*words, "--listen", "127.0.0.1:0")
        assert (second.returncode, "stop it first" in second.stderr) == (1, True)
    finally:
        process.send_signal(stop)
        _, log = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in log


def healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz"):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return False


def test_serve_without_a_key_says_how_to_make_one(tmp_path: Path) -> None:
    done = irbis("serve", "--data", tmp_path, "--broker", "mqtt://127.0.0.1:1")
    assert done.returncode == 1
    assert "irbis basecamp init --data" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words", [["--broker", "nonsense"], ["--broker", "mqtt://b", "--listen", "nowhere"]]
)
def test_serve_refuses_addresses_that_are_none(data: Path, words: list[str]) -> None:
    done = irbis("serve", "--data", data, *words)
    assert done.returncode == 1
    assert "must look like" in done.stderr


def test_bad_usage_is_told_apart() -> None:
    assert irbis("serve").returncode == 2
    assert irbis().returncode == 2
