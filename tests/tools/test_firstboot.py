"""First boot: what lies on the boot partition is taken in whole, or not at all."""

from __future__ import annotations

import codecs
import os
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import load_config
from edge.security.keys import BasecampKey, StationKey
from tools import cli
from tools.firstboot.errors import HandoverError
from tools.firstboot.places import find_places
from tools.firstboot.reading import read_handover
from tools.firstboot.settings import wifi_profile
from tools.flashing.boot import MountedBoot
from tools.flashing.order import Order, WifiOrder, make_handover
from tools.flashing.stamping import put_handover
from tools.handover import Wifi, parse_text
from tools.image.update_keys import make_keys
from tools.image.update_slots import KEYRING

PASSWORDS = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=8, max_size=63)
TOKEN = str(BasecampKey.generate().token)


@dataclass(frozen=True)
class Board:
    """A station's storage in a folder: an Irbis card's, with /data."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / "boot/irbis"

    @property
    def etc(self) -> Path:
        return self.root / "data/etc/irbis"

    def stamp(self, station: str = "ridge-7", **more: object) -> StationKey | None:
        key = more.setdefault("key", StationKey.generate())
        order = Order(station, **{"basecamp": TOKEN, **more})  # type: ignore[arg-type]
        put_handover(MountedBoot(self.folder), make_handover(order))
        assert key is None or isinstance(key, StationKey)
        return key

    def boot(self) -> int:
        places = ("--boot", self.root / "boot", "--etc", self.etc, "--root", self.root)
        return cli.main(["firstboot", *map(str, places)])

    def installed(self) -> dict[str, bytes]:
        """All that is configuration, by path below /data, in small files."""
        data = self.root / "data"
        return {str(p.relative_to(data)): p.read_bytes() for p in data.rglob("*") if p.is_file()}

    def left(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}


@pytest.fixture
def board(tmp_path: Path) -> Board:
    for name in ("boot", "data/etc", "data/ssh", "data/wifi"):
        (tmp_path / name).mkdir(parents=True)
    return Board(tmp_path)


def identity(board: Board) -> dict[str, str]:
    lines = (board.folder / "identity.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines)


def test_a_stamped_card_becomes_a_station_that_can_arm(board: Board) -> None:
    key = board.stamp()
    assert board.boot() == 0
    config = load_config(board.etc / "station.toml")
    assert config.station.id == "ridge-7" and config.station.key_file is not None
    assert StationKey.load(config.station.key_file) == key


def test_no_secret_stays_on_the_boot_partition(board: Board, tmp_path: Path) -> None:
    (tmp_path / "word").write_text("correct horse")
    wifi = WifiOrder("Camp", tmp_path / "word")
    key = board.stamp(wifi=wifi)
    assert key is not None
    assert board.boot() == 0
    assert set(board.left()) == {"identity.txt"}
    assert identity(board)["station"] == "ridge-7"
    assert identity(board)["token"] == str(key.token)


def test_whose_updates_it_takes_is_where_the_updater_looks(board: Board, tmp_path: Path) -> None:
    make_keys(tmp_path / "keys", "Camp")
    board.stamp(updates=tmp_path / "keys/updates.pem")
    assert board.boot() == 0
    assert KEYRING == "/etc/irbis/updates.pem"
    assert (board.etc / "updates.pem").read_bytes() == (tmp_path / "keys/updates.pem").read_bytes()
    assert set(board.left()) == {"identity.txt"}


def test_a_secret_is_written_over_before_it_is_removed(board: Board, tmp_path: Path) -> None:
    board.stamp()
    # A second name keeps what is written to the file to be looked at.
    os.link(board.folder / "station.key", tmp_path / "watched")
    assert board.boot() == 0
    assert set((tmp_path / "watched").read_bytes()) == {0}


def test_the_system_s_part_goes_where_the_system_reads_it(board: Board, tmp_path: Path) -> None:
    (tmp_path / "word").write_text('cor"rect horse')
    (tmp_path / "keys").write_text("# mine\nssh-ed25519 AAAAC3Nza me@camp\n")
    wifi = WifiOrder("Lager Süd", tmp_path / "word", "NP")
    board.stamp("Ridge_7", wifi=wifi, ssh_keys=tmp_path / "keys")
    assert board.boot() == 0
    found = board.installed()
    assert found["etc/hostname"] == b"ridge-7\n"
    assert found["ssh/authorized_keys"] == b"ssh-ed25519 AAAAC3Nza me@camp\n"
    profile = found["wifi/wpa_supplicant.conf"].decode()
    assert f"ssid={'Lager Süd'.encode().hex()}" in profile
    assert 'psk="cor"rect horse"' in profile and "country=NP" in profile
    assert (board.root / "data/wifi/wpa_supplicant.conf").stat().st_mode & 0o777 == 0o600
    assert (board.etc / "station.key").stat().st_mode & 0o777 == 0o640


def test_a_station_may_make_its_key_itself_and_keeps_it(board: Board) -> None:
    board.stamp(key=None, own_key=True)
    assert board.boot() == 0
    key = StationKey.load(board.etc / "station.key")
    assert identity(board)["token"] == str(key.token)
    board.stamp(key=None, own_key=True)
    assert board.boot() == 0
    assert StationKey.load(board.etc / "station.key") == key


def test_a_second_start_finds_nothing_to_do(
    board: Board, capsys: pytest.CaptureFixture[str]
) -> None:
    board.stamp()
    assert board.boot() == 0
    before = board.installed(), board.left()
    assert board.boot() == 0
    assert "nothing lies there" in capsys.readouterr().out
    assert (board.installed(), board.left()) == before


def test_a_new_configuration_laid_there_by_hand_is_taken_in(board: Board) -> None:
    key = board.stamp()
    assert board.boot() == 0
    text = (board.etc / "station.toml").read_text().replace("ridge-7", "ridge-8")
    (board.folder / "Station.TOML").write_bytes(codecs.BOM_UTF8 + text.encode())
    assert board.boot() == 0
    assert load_config(board.etc / "station.toml").station.id == "ridge-8"
    assert StationKey.load(board.etc / "station.key") == key
    assert identity(board)["station"] == "ridge-8"


Mar = Callable[[Path], object]

BROKEN: dict[str, tuple[Mar, str]] = {
    "no TOML": (lambda f: (f / "station.toml").write_text("[station\n"), "line 1"),
    "no text": (lambda f: (f / "station.toml").write_bytes(b"\x80\x81"), "save it as UTF-8"),
    "cut short": (lambda f: (f / "station.toml").write_text('[station]\nid = "a"\n'), "basecamp"),
    "unknown key": (
        lambda f: (f / "station.toml").write_bytes(
            (f / "station.toml").read_bytes() + b"[capture2]\n"
        ),
        "capture2",
    ),
    "key cut short": (lambda f: (f / "station.key").write_text("irbis-station-se"), "station.key"),
    "empty key": (lambda f: (f / "station.key").write_bytes(b""), "empty"),
    "a hidden ending": (
        lambda f: (f / "station.toml").rename(f / "station.toml.txt"), "must be called station",
    ),
    "a file is missing": (
        lambda f: (f / "system.toml").write_text('[wifi]\nssid = "a"\npassword_file = "w"\n'),
        "names w, which is missing",
    ),
    "a place that is not the station's": (
        lambda f: (f / "system.toml").write_text('ssh_keys_file = "../../shadow"\n'), "beside",
    ),
    "a private ssh key": (
        lambda f: (
            (f / "system.toml").write_text('ssh_keys_file = "id"\n'),
            (f / "id").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n"),
        ),
        "private one",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_hand_over_changes_nothing_and_is_told_on_the_card(
    board: Board, name: str
) -> None:
    mar, told = BROKEN[name]
    board.stamp("ridge-7")
    assert board.boot() == 0
    before = board.installed()
    board.stamp("ridge-8")
    mar(board.folder)
    assert board.boot() == 1
    assert board.installed() == before
    problem = (board.folder / "PROBLEM.txt").read_bytes()
    assert told in problem.decode("ascii")
    assert b"\n" not in problem.replace(b"\r\n", b"")


def test_a_mended_hand_over_is_taken_in_and_the_problem_goes(board: Board) -> None:
    board.stamp()
    good = (board.folder / "station.toml").read_bytes()
    (board.folder / "station.toml").write_bytes(good[:40])
    assert board.boot() == 1
    assert not (board.etc / "station.toml").exists()
    (board.folder / "station.toml").write_bytes(good)
    assert board.boot() == 0
    assert set(board.left()) == {"identity.txt"}


def test_a_key_is_missing_and_none_may_be_made(board: Board) -> None:
    board.stamp(key=None, keep_key=True)
    assert board.boot() == 1
    assert "own_key = true" in (board.folder / "PROBLEM.txt").read_text()


def test_what_laptops_leave_behind_is_no_part_of_a_hand_over(board: Board) -> None:
    board.stamp()
    for name in ("._station.toml", ".DS_Store", "Thumbs.db"):
        (board.folder / name).write_bytes(b"\x00\x05\x16\x07")
    assert board.boot() == 0


def test_without_a_boot_partition_nothing_happens(board: Board) -> None:
    assert board.boot() == 0
    assert board.installed() == {}


@given(st.text(max_size=60))
def test_text_is_read_as_any_editor_leaves_it(text: str) -> None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    for raw in (
        lines.encode(),
        codecs.BOM_UTF8 + lines.encode(),
        codecs.BOM_UTF8 + lines.replace("\n", "\r\n").encode(),
        codecs.BOM_UTF16_LE + lines.encode("utf-16-le"),
    ):
        assert parse_text(raw, "text") == lines


@given(st.text(min_size=1, max_size=8), PASSWORDS)
def test_no_name_and_no_password_of_a_network_makes_a_line_of_its_own(
    ssid: str, password: str
) -> None:
    if not ssid.isprintable():
        return
    wifi = Wifi(ssid=ssid)
    for place, lines in (("a.conf", 5), ("a.nmconnection", 17)):
        assert len(wifi_profile(wifi, password, Path(place)).splitlines()) == lines


def test_the_configuration_is_installed_as_it_was_stamped(board: Board) -> None:
    board.stamp(settings={"uplink.broker": "mqtt://camp.example.org"})
    stamped = (board.folder / "station.toml").read_bytes()
    assert board.boot() == 0
    installed = (board.etc / "station.toml").read_bytes()
    assert tomllib.loads(installed.decode()) == tomllib.loads(stamped.decode())


def test_only_a_station_that_addresses_its_modem_gets_the_right_to(board: Board) -> None:
    """By a link on /data, which outlives updates and goes with a later configuration."""
    link = board.root / "data/etc/irbis.service.d/give-address.conf"
    cellular = {"uplink.broker": "mqtt://camp", "uplink.cellular.apn": "internet"}
    board.stamp(settings=cellular | {"uplink.cellular.give_address": "true"})
    assert board.boot() == 0
    assert str(link.readlink()) == "/usr/share/irbis/give-address.conf"
    board.stamp(settings=cellular)
    assert board.boot() == 0
    assert not link.is_symlink()


def test_on_a_stock_system_networkmanager_is_told(tmp_path: Path) -> None:
    profiles = tmp_path / "etc/NetworkManager/system-connections"
    profiles.mkdir(parents=True)
    (tmp_path / "boot").mkdir()
    (tmp_path / "word").write_text("correct horse")
    board = Board(tmp_path)
    board.stamp(wifi=WifiOrder("Camp", tmp_path / "word"))
    assert board.boot() == 0
    profile = (profiles / "irbis.nmconnection").read_text()
    assert "ssid=67;97;109;112;" in profile and "psk=correct horse" in profile
    assert (tmp_path / "etc/hostname").read_text() == "ridge-7\n"


def test_a_system_without_wifi_software_is_told(board: Board, tmp_path: Path) -> None:
    (tmp_path / "data/etc").rmdir()  # not an Irbis card
    board.stamp(wifi=WifiOrder("Camp"))
    assert board.boot() == 1
    assert "NetworkManager" in (board.folder / "PROBLEM.txt").read_text()


@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_bytes_in_place_of_a_configuration_are_refused_with_a_sentence(raw: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        board = Board(Path(folder))
        board.folder.mkdir(parents=True)
        (board.folder / "station.toml").write_bytes(raw)
        with pytest.raises(HandoverError):
            read_handover(find_places(board.root / "boot", board.etc, board.root))
