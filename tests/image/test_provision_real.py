"""`irbis image provision` with every package, on a Debian root and on an image of a card.

Minutes, and it fetches wheels: `make test-provision`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.security.keys import BasecampKey
from tests.image.debian import make_image, run, unpack_root
from tests.image.small_root import tree
from tools.cli import main
from tools.image.provision_target import opened
from tools.image.wheels import build_wheel

pytestmark = [
    pytest.mark.skipif(
        os.environ.get("IRBIS_PROVISION") is None or os.geteuid() != 0,
        reason="takes minutes, and root: make test-provision",
    ),
    pytest.mark.timeout(1200),
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(build_wheel(Path(__file__).parents[2], tmp_path_factory.mktemp("wheel")))


@pytest.fixture
def settings(tmp_path: Path) -> list[str]:
    key, config = tmp_path / "station.key", tmp_path / "station.toml"
    assert main(["keys", "station", "--out", str(key)]) == 0
    config.write_text(
        '[station]\nid = "ridge-7"\nkey_file = "station.key"\n'
        f'basecamp = "{BasecampKey.generate().token}"\n'
        '[capture]\npath = "/var/lib/irbis/incoming"\n[spool]\npath = "/var/lib/irbis/spool"\n'
    )
    return ["--config", str(config), "--add", str(key)]


def test_a_debian_root_runs_irbis_and_is_then_as_before(
    tmp_path: Path, wheel: str, settings: list[str]
) -> None:
    root = unpack_root(tmp_path / "root")
    before = tree(root)
    listed = ["image", "provision", str(root), *settings]
    assert main([*listed, "--dry-run"]) == 0
    assert tree(root) == before
    assert main([*listed, "--wheel", wheel]) == 0
    print(run("chroot", str(root), "/opt/irbis/bin/irbis", "models", "verify"))
    owner = run("chroot", str(root), "stat", "-c", "%U %G %a", "/etc/irbis/station.key")
    assert owner == "root irbis 640\n"
    run("systemd-tmpfiles", f"--root={root}", "--create", "irbis.conf")  # as the boot does
    checked = "config check /etc/irbis/station.toml"
    as_irbis = ["setpriv", "--reuid=irbis", "--regid=irbis", "--init-groups"]
    run("chroot", str(root), *as_irbis, "/opt/irbis/bin/irbis", *checked.split())
    enabled = run("systemctl", f"--root={root}", "is-enabled", "irbis.service")
    assert enabled.strip() == "enabled"
    assert main(["image", "unprovision", str(root)]) == 0
    assert (root / "etc/irbis/station.key").exists()
    assert main(["image", "unprovision", str(root), "--purge"]) == 0
    assert tree(root) == before


def test_an_image_without_room_is_grown_and_its_files_are_then_as_before(
    tmp_path: Path, wheel: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = unpack_root(tmp_path / "root")
    image = tmp_path / "stock.img"
    make_image(image, root, room_mib=512)
    before = _files(image)
    assert len(before) > 5000
    assert main(["image", "provision", str(image), "--wheel", wheel]) == 1
    assert "--grow 600" in capsys.readouterr().err
    assert _files(image) == before
    assert main(["image", "provision", str(image), "--wheel", wheel, "--grow", "600"]) == 0
    with opened(image) as mounted:
        assert (mounted / "opt/irbis/bin/irbis").exists()
        print(run("chroot", str(mounted), "/opt/irbis/bin/irbis", "--version"))
    assert main(["image", "unprovision", str(image)]) == 0
    assert _files(image) == before


def _files(image: Path) -> dict[str, tuple[int, int, int, str]]:
    with opened(image) as mounted:
        return tree(mounted)
