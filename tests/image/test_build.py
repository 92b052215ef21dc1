"""Around a build: its time, its limits, what it leaves beside the image; and the console of the
boot test."""

from __future__ import annotations

import hashlib
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.boot.serial import SerialConsole, Silence
from tools.cli import main
from tools.image.build import Built, build_time, finish
from tools.image.disk import Disk
from tools.image.errors import ImageError
from tools.image.ext4 import used_inodes
from tools.image.manifest import read_manifest, resolve
from tools.image.trim import remove, settle_times, size_bytes
from tools.image.wheels import forget_origins

DUMPE2FS = """\
Inodes per group:         16
Group 0: (Blocks 1-8192) csum 0x1234
  Free blocks: 5-8
  Free inodes: 14, 16
Group 1: (Blocks 8193-16384) csum 0x1234
  Free inodes: 17-30, 32
Group 2: (Blocks 16385-24576) csum 0x1234
  Free inodes:
"""


def test_source_date_epoch_is_the_time_of_the_card(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    assert build_time(tmp_path) == 1_790_000_000
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(ImageError, match="not seconds since 1970"):
        build_time(tmp_path)


def test_without_git_and_epoch_no_card_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    with pytest.raises(ImageError, match="set SOURCE_DATE_EPOCH"):
        build_time(tmp_path)


def built(folder: Path) -> Built:
    image = folder / "irbis.img"
    image.write_bytes(bytes(40960) + b"leopard".ljust(4096, b"\0"))
    return Built(Disk(image, []), folder, '{"bill": true}\n')


def test_beside_the_image_lie_its_map_its_hash_and_its_bill(tmp_path: Path) -> None:
    if shutil.which("zstd") is None:
        pytest.skip("needs zstd")
    out = tmp_path / "card.img.zst"
    finish(built(tmp_path), out, resolve(read_manifest(), "qemu", "bookworm"))
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    assert (tmp_path / "card.img.zst.sha256").read_text() == f"{digest}  card.img.zst\n"
    assert "<Range" in (tmp_path / "card.img.bmap").read_text()
    assert (tmp_path / "card.sbom.json").read_text() == '{"bill": true}\n'
    unpacked = subprocess.run(["zstd", "-dc", out], capture_output=True, check=True).stdout
    assert unpacked == (tmp_path / "irbis.img").read_bytes()


def test_a_card_above_the_manifest_s_limit_is_no_success(tmp_path: Path) -> None:
    if shutil.which("zstd") is None:
        pytest.skip("needs zstd")
    recipe = resolve(read_manifest(), "qemu", "bookworm")
    tight = recipe.common.model_copy(update={"max_compressed_bytes": 10})
    small = type(recipe)(
        **{name: getattr(recipe, name) for name in recipe.__slots__ if name != "common"},
        common=tight,
    )
    with pytest.raises(ImageError, match="larger than the manifest's limit"):
        finish(built(tmp_path), tmp_path / "card.img.zst", small)


def test_a_folder_that_is_no_checkout_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["image", "build", "--board", "qemu", "--release", "bookworm"]
    code = main([*command, "--out", str(tmp_path / "a.img.zst"), "--source", str(tmp_path)])
    assert code == 1
    said = capsys.readouterr().err
    assert "is no checkout of Irbis" in said and said.count("\n") == 1


def test_a_root_is_trimmed_and_has_one_time(tmp_path: Path) -> None:
    for name in ("var/log/dpkg.log", "usr/bin/sh", "etc/ssh/ssh_host_rsa_key"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "usr/bin/link").symlink_to("/nowhere")
    remove(tmp_path, ["var/log/*", "etc/ssh/ssh_host_*", "no/such/*"])
    settle_times(tmp_path, 1_790_000_000)
    left = [path for path in tmp_path.rglob("*") if not path.is_dir()]
    assert {path.name for path in left} == {"sh", "link"}
    assert {int(path.lstat().st_mtime) for path in [tmp_path, *left]} == {1_790_000_000}
    assert size_bytes(tmp_path) == len("usr/bin/sh") + len("/nowhere")


def test_no_path_of_the_building_machine_is_left_beside_a_wheel(tmp_path: Path) -> None:
    info = tmp_path / "irbis-0.1.0.dist-info"
    info.mkdir()
    (info / "direct_url.json").write_text('{"url": "file:///somewhere"}')
    (info / "RECORD").write_text(
        "edge/__init__.py,sha256=aa,1\nirbis-0.1.0.dist-info/direct_url.json,sha256=bb,2\n"
    )
    forget_origins(tmp_path)
    assert [path.name for path in info.iterdir()] == ["RECORD"]
    assert (info / "RECORD").read_text() == "edge/__init__.py,sha256=aa,1\n"


def test_inodes_in_use_are_all_that_are_not_free() -> None:
    assert list(used_inodes(DUMPE2FS)) == [2, 11, 12, 13, 15, 31, *range(33, 49)]


@pytest.fixture
def console(tmp_path: Path) -> Iterator[SerialConsole]:
    """A shell at the other end of a Unix socket."""
    with socket.socket(socket.AF_UNIX) as waiting:
        waiting.bind(str(tmp_path / "line"))
        waiting.listen()
        console = SerialConsole(tmp_path / "line", tmp_path / "log")
        line = waiting.accept()[0]
    with line:
        shell = subprocess.Popen(["sh"], stdin=line, stdout=line, stderr=line)
    yield console
    console.close()
    shell.wait()


def test_a_console_tells_what_a_command_printed_and_how_it_ended(console: SerialConsole) -> None:
    assert console.run("echo one; echo two") == (0, "one\ntwo")
    assert console.run("(exit 7)") == (7, "")
    assert console.ask("printf three") == "three"
    assert console.ask(r"printf '\342\224'; sleep 0.2; printf '\224'") == "└", "in two pieces"


def test_a_console_does_not_wait_for_ever(console: SerialConsole, tmp_path: Path) -> None:
    with pytest.raises(Silence, match="was not said within"):
        console.run("sleep 2", timeout_s=0.2)
