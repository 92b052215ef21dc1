"""The manifest says for every board what goes onto its card, and refuses what it does not know."""

from __future__ import annotations

import shutil
from fnmatch import fnmatch
from itertools import product
from pathlib import Path

import pytest

from tools.image.errors import ImageError
from tools.image.manifest import SHIPPED, read_manifest, resolve
from tools.image.rootfs import (
    check_keyring,
    dpkg_options,
    fingerprints,
    mmdebstrap_command,
    sources,
)

BOARDS = ("pi-zero2", "pi4", "pi5", "qemu")
RELEASES = ("bookworm", "trixie")
COLONS = """\
tru::1:1700000000:0:3:1:5
pub:-:4096:1:82B129927FA3303E:1340000000:::-:::scESC:::::::
fpr:::::::::CF8A1AF502A2AA2D763BAE7E82B129927FA3303E:
sub:-:2048:1:0000000000000001:1340000000::::::e::::::
fpr:::::::::00000000000000000000000000000000000000AA:
"""


@pytest.mark.parametrize(("board", "release"), list(product(BOARDS, RELEASES)))
def test_every_board_has_a_recipe_for_every_release(board: str, release: str) -> None:
    recipe = resolve(read_manifest(), board, release)
    assert recipe.compatible == f"irbis-{board}-{release}"
    assert any(name.startswith("linux-image-") for name in recipe.packages)
    assert {"python3", "systemd-sysv", "initramfs-tools"} <= set(recipe.packages)
    assert all(release in line for line in sources(recipe.apt))


def test_a_production_card_takes_raspberry_pi_s_kernel_and_key_and_qemu_debian_s() -> None:
    manifest = read_manifest()
    for board in ("pi-zero2", "pi4", "pi5"):
        production = resolve(manifest, board, "bookworm")
        assert production.kernel_name == "raspberrypi"
        pinned = [source.fingerprint for source in production.apt if source.fingerprint]
        assert pinned == ["CF8A1AF502A2AA2D763BAE7E82B129927FA3303E"]
    assert resolve(manifest, "qemu", "bookworm").kernel_name == "debian"


@pytest.mark.parametrize("board", [name for name in BOARDS if name != "qemu"])
def test_a_pi_s_firmware_looks_for_its_camera_and_has_memory_for_it(board: str) -> None:
    """camera_auto_detect loads the sensor's overlay; with 16 MB for the firmware libcamera finds no
    camera."""
    config = resolve(read_manifest(), board, "bookworm").board.config
    assert "camera_auto_detect=1" in config
    assert not any(line.startswith("gpu_mem") for line in config)


def test_what_debian_compiled_for_another_numpy_is_among_the_wheels() -> None:
    """picamera2 comes as Debian's package, with the numpy of the wheels before Debian's own."""
    lock = (
        SHIPPED.parents[2] / resolve(read_manifest(), "pi4", "bookworm").common.lock
    ).read_text()
    assert {"numpy", "simplejpeg"} <= {line.partition("==")[0] for line in lock.splitlines()}


def test_a_snapshot_pins_debian() -> None:
    recipe = resolve(read_manifest(), "qemu", "trixie", snapshot="20260901T000000Z")
    lines = sources(recipe.apt)
    assert len(lines) == 3
    assert all("snapshot.debian.org" in line and "20260901T000000Z" in line for line in lines)


def test_every_source_is_bound_to_its_own_keyring() -> None:
    for line in sources(resolve(read_manifest(), "pi4", "bookworm").apt):
        assert "[signed-by=/usr/share/keyrings/" in line


@pytest.mark.parametrize(
    ("board", "release", "kernel", "says"),
    [
        ("pi3", "bookworm", None, "no board 'pi3'; it has: pi-zero2, pi4, pi5, qemu"),
        ("pi4", "buster", None, "no release 'buster'"),
        ("pi5", "bookworm", "debian", "pi5 has no kernel 'debian'; it has: raspberrypi"),
    ],
)
def test_what_the_manifest_lacks_is_said(
    board: str, release: str, kernel: str | None, says: str
) -> None:
    with pytest.raises(ImageError, match=says):
        resolve(read_manifest(), board, release, kernel)


def test_a_slip_in_a_manifest_is_named_with_its_place(tmp_path: Path) -> None:
    wrong = tmp_path / "manifest.toml"
    wrong.write_text(SHIPPED.read_text(encoding="utf-8").replace("root = 1024", "root = 1"))
    with pytest.raises(ImageError, match=r"image\.partitions_mib\.root"):
        read_manifest(wrong)
    with pytest.raises(ImageError, match="no manifest"):
        read_manifest(tmp_path / "none.toml")


def test_licence_texts_stay_though_documentation_goes() -> None:
    options = dpkg_options(resolve(read_manifest(), "qemu", "bookworm"))
    gone = options.index("path-exclude=/usr/share/doc/*")
    assert options.index("path-include=/usr/share/doc/*/copyright") > gone
    # Kernel packages hold /lib/modules in bookworm and /usr/lib/modules in trixie.
    assert {"path-exclude=/lib/modules/*/kernel/sound/*"} < set(options)
    assert "path-exclude=/usr/lib/modules/*/kernel/sound/*" in options


@pytest.mark.parametrize("name", ["drivers/md/dm-verity", "fs/squashfs/squashfs", "fs/fat/vfat"])
def test_modules_that_updates_and_the_boot_partition_need_stay(name: str) -> None:
    for option in dpkg_options(resolve(read_manifest(), "qemu", "bookworm")):
        what, _, pattern = option.partition("=")
        if what == "path-exclude":
            assert not fnmatch(f"/lib/modules/6.1/kernel/{name}.ko", pattern)


def test_mmdebstrap_is_told_everything_on_its_command_line(tmp_path: Path) -> None:
    recipe = resolve(read_manifest(), "qemu", "bookworm")
    command = mmdebstrap_command(recipe, tmp_path / "root", tmp_path / "a", tmp_path / "b")
    assert "--arch=arm64" in command and "--variant=essential" in command
    at = command.index("bookworm")
    assert command[at + 1] == str(tmp_path / "root")
    assert all(line.startswith("deb [") for line in command[at + 2 :])


def test_only_primary_keys_count_as_the_keyring_s() -> None:
    assert fingerprints(COLONS) == ["CF8A1AF502A2AA2D763BAE7E82B129927FA3303E"]


def test_another_key_than_the_pinned_one_is_refused(tmp_path: Path) -> None:
    debian = resolve(read_manifest(), "qemu", "bookworm").apt[0]
    if not debian.keyring.is_file() or shutil.which("gpg") is None:
        pytest.skip("needs debian-archive-keyring and gpg")
    pinned = debian.model_copy(update={"fingerprint": "AB" * 20})
    with pytest.raises(ImageError, match="pinned for"):
        check_keyring(pinned)
    missing = debian.model_copy(update={"keyring": tmp_path / "none.gpg"})
    with pytest.raises(ImageError, match="no keyring"):
        check_keyring(missing)
