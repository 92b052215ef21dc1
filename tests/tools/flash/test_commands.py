"""`irbis flash`, `irbis image stamp`, `irbis image label` and `irbis basecamp enrol --from`."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.security.keys import StationKey, StationToken
from tests.kit.camp import Camp
from tests.tools.flash.cards import IMAGE_BYTES, MIB, disk_of
from tools.flashing.boot import boot_of
from tools.flashing.fingerprint import fingerprint

Irbis = Callable[..., int]


def stamped(target: Path) -> dict[str, bytes]:
    boot = boot_of(target)
    return {name: boot.read(name) for name in boot.names()}


def rows(register: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(register.read_text())))


def test_a_flashed_card_holds_the_image_an_identity_and_a_label(
    irbis: Irbis, image: Path, token: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with disk_of(tmp_path / "used", IMAGE_BYTES + MIB) as device:
        words = ("flash", device, "--image", image, "--station-id", "ridge-7", "--basecamp", token)
        assert irbis(*words) == 1
        assert "--yes-erase" in capsys.readouterr().err
        assert not Path("register.csv").exists()
        assert irbis(*words, "--force", "--yes-erase", device.name) == 0
        files = stamped(device)
    key = StationKey.parse(files["station.key"].decode())
    assert tomllib.loads(files["station.toml"].decode())["station"]["basecamp"] == token
    begun, done = rows(Path("register.csv"))
    assert (begun["state"], done["state"]) == ("begun", "done")
    assert done["token"] == str(key.token)
    told = capsys.readouterr()
    assert fingerprint(key.token)[:9] in told.out
    assert "writing 100 %" in told.err and "verifying 100 %" in told.err
    assert key.secret not in told.out + told.err + Path("register.csv").read_text()
    assert Path("labels/ridge-7.png").exists()


def test_a_hash_that_does_not_fit_leaves_the_card_as_it_is(
    irbis: Irbis, image: Path, token: str
) -> None:
    words = ("--image", image, "--sha256", "0" * 64, "--station-id", "a", "--basecamp", token)
    assert irbis("flash", "card.img", *words) == 1
    assert not Path("card.img").exists()


def test_a_configuration_that_cannot_arm_leaves_the_card_as_it_is(
    irbis: Irbis, image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert irbis("flash", "card.img", "--image", image, "--station-id", "ridge-7") == 1
    assert "basecamp" in capsys.readouterr().err
    assert not Path("card.img").exists()


def test_a_station_gets_a_second_card_only_with_a_word_and_a_new_key(
    irbis: Irbis, image: Path, token: str
) -> None:
    words = ("--image", image, "--station-id", "ridge-7", "--basecamp", token)
    assert irbis("flash", "one.img", *words) == 0
    assert irbis("flash", "two.img", *words) == 1
    assert irbis("flash", "two.img", *words, "--again") == 0
    keys = {stamped(Path(f"{n}.img"))["station.key"] for n in ("one", "two")}
    assert len(keys) == 2


def test_stamping_again_leaves_nothing_of_what_was_stamped_before(
    irbis: Irbis, image: Path, token: str
) -> None:
    Path("word").write_text("correct horse")
    words = ("--station-id", "ridge-7", "--basecamp", token)
    wifi = ("--wifi", "Camp", "--wifi-password-file", "word")
    assert irbis("flash", "card.img", "--image", image, *words, *wifi) == 0
    assert set(stamped(Path("card.img"))) == {
        "station.key", "station.toml", "system.toml", "wifi.password",
    }  # fmt: skip
    assert irbis("image", "stamp", "card.img", *words, "--keep-key") == 0
    assert set(stamped(Path("card.img"))) == {"station.toml"}
    assert len(rows(Path("register.csv"))) == 2


def test_a_boot_partition_that_is_mounted_is_stamped_where_it_lies(
    irbis: Irbis, token: str
) -> None:
    """As on Windows and macOS, where `irbis flash` writes no disks."""
    Path("IRBISBOOT").mkdir()
    words = ("--station-id", "ridge-7", "--basecamp", token)
    assert irbis("image", "stamp", "IRBISBOOT", *words) == 0
    assert sorted(path.name for path in Path("IRBISBOOT/irbis").iterdir()) == [
        "station.key",
        "station.toml",
    ]


def test_an_image_without_a_boot_partition_is_told(
    irbis: Irbis, token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("holiday.img").write_bytes(bytes(MIB))
    words = ("--station-id", "ridge-7", "--basecamp", token)
    assert irbis("image", "stamp", "holiday.img", *words) == 1
    assert "no FAT partition" in capsys.readouterr().err


def network(text: str, names: int = 3) -> None:
    lines = [f"ridge-{n},trap-{n}" for n in range(1, names + 1)]
    Path("stations.csv").write_text("\r\n".join(["station,uplink.username", *lines, ""]))
    Path("answers").write_text(text)


def flash_network(
    irbis: Irbis, monkeypatch: pytest.MonkeyPatch, image: Path, token: str, answers: str
) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(answers))
    return irbis(
        "flash", "card.img", "--image", image, "--csv", "stations.csv", "--basecamp", token,
        "--force", "--yes-erase", "card.img",
    )  # fmt: skip


def test_a_network_is_flashed_card_after_card_and_enrolled_by_one_command(
    irbis: Irbis, image: Path, camp: Camp, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    network("")
    code = flash_network(irbis, monkeypatch, image, str(camp.key.token), "\ns\nq\n")
    assert code == 1
    assert "1 flashed, 2 left: ridge-2, ridge-3" in capsys.readouterr().out

    Path("card.img").unlink()  # the next card
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    code = flash_network(irbis, monkeypatch, image, str(camp.key.token), "\nq\n")
    told = capsys.readouterr().out
    assert "ridge-1: has its card since" in told and "1 flashed, 1 left: ridge-3" in told
    files = stamped(Path("card.img"))
    uplink = tomllib.loads(files["station.toml"].decode())["uplink"]
    assert uplink == {"username": "trap-2"}

    assert irbis("basecamp", "enrol", "--from", "register.csv", "--data", camp.folder) == 0
    assert "2 stations enrolled" in capsys.readouterr().out
    assert irbis("basecamp", "enrol", "--from", "register.csv", "--data", camp.folder) == 0


def test_the_card_of_a_moment_ago_is_not_taken_for_the_next(
    irbis: Irbis, image: Path, token: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    network("", names=2)
    assert flash_network(irbis, monkeypatch, image, token, "\n\nq\n") == 1
    assert "this is the card of ridge-1, never started" in capsys.readouterr().out
    assert {row["station"] for row in rows(Path("register.csv"))} == {"ridge-1"}


def test_the_card_of_an_earlier_call_is_not_taken_for_the_next(
    irbis: Irbis, image: Path, token: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    network("", names=2)
    assert flash_network(irbis, monkeypatch, image, token, "\nq\n") == 1
    capsys.readouterr()
    assert flash_network(irbis, monkeypatch, image, token, "\nq\n") == 1
    assert "this is the card of ridge-1" in capsys.readouterr().out
    assert {row["station"] for row in rows(Path("register.csv"))} == {"ridge-1"}


def test_a_label_that_cannot_be_kept_is_told_before_the_card_is_touched(
    irbis: Irbis, image: Path, token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("labels").touch()
    words = ("--image", image, "--station-id", "ridge-7", "--basecamp", token)
    assert irbis("flash", "card.img", *words) == 1
    assert "labels" in capsys.readouterr().err
    assert not Path("card.img").exists() and not Path("register.csv").exists()


def test_a_name_that_stands_twice_in_a_network_is_refused_before_the_first_card(
    irbis: Irbis, image: Path, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("stations.csv").write_text("station\nridge-1\nridge-1\n")
    assert flash_network(irbis, monkeypatch, image, token, "\n") == 1
    assert not Path("card.img").exists()


def test_a_station_that_made_its_key_gets_its_label_later(
    irbis: Irbis, camp: Camp, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path("IRBISBOOT")
    folder.mkdir()
    words = ("--station-id", "ridge-7", "--basecamp", camp.key.token, "--own-key")
    assert irbis("image", "stamp", folder, *words) == 0
    assert irbis("basecamp", "enrol", "--from", "register.csv", "--data", camp.folder) == 1
    assert irbis("image", "label", folder) == 1
    assert irbis("firstboot", "--boot", folder, "--etc", "etc/irbis", "--root", ".") == 0
    capsys.readouterr()
    assert irbis("image", "label", folder) == 0
    token = StationToken.parse(rows(Path("register.csv"))[-1]["token"])
    assert StationKey.load(Path("etc/irbis/station.key")).token == token
    assert fingerprint(token)[:9] in capsys.readouterr().out
    assert irbis("basecamp", "enrol", "--from", "register.csv", "--data", camp.folder) == 0
