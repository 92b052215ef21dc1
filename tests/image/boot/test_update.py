"""Two updates of the card that was built, the whole way: signed here, checked through dm-verity
and written there by RAUC, started by U-Boot on trial. One does not start; one proves itself.

Half an hour, of which a new slot takes eleven minutes to prove itself: `make test-image-update`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.boot.card import Card, stick
from tests.image.boot.ridge import BOOT_S, Ridge, need, working
from tools.cli import main
from tools.image.update_keys import ROOT

IMAGE = os.environ.get("IRBIS_IMAGE_UPDATE")
GOOD, BROKEN = "good.raucb", "broken.raucb"
IRBIS = "/opt/irbis/bin/irbis"
WRITTEN_S, PROVED_S = 1800.0, 1800.0

pytestmark = [
    pytest.mark.skipif(IMAGE is None, reason="boots a built image: make test-image-update"),
    pytest.mark.timeout(7200),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the keys lie, and a stick with two bundles: of the card's root, and of one that has no
    systemd."""
    need("rauc", "mksquashfs")
    folder = tmp_path_factory.mktemp("home")
    assert main(["image", "keys", str(folder / "keys")]) == 0
    (folder / "stick").mkdir()
    bundle(folder, Path(IMAGE or ""), GOOD)
    card = Card.written(Path(IMAGE or ""), folder / "card.img")
    root = card.root("A", folder / "root.ext4")
    card.path.unlink()
    spoil = ["debugfs", "-w", "-R", "rm /usr/lib/systemd/systemd", str(root)]
    subprocess.run(spoil, check=True)
    bundle(folder, root, BROKEN)
    root.unlink()
    stick(folder / "stick", folder / "stick.img", "STICK", 1200)
    shutil.rmtree(folder / "stick")
    return folder


def bundle(folder: Path, image: Path, name: str) -> None:
    """A bundle on the stick, compressed in a hurry."""
    out = folder / "stick" / name
    make = ["image", "bundle", str(image), "--keys", str(folder / "keys"), "--out", str(out)]
    assert main([*make, "--level", "3"]) == 0


@pytest.fixture(scope="module")
def ridge(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[Ridge]:
    trusted = ["--updates", str(home / "keys" / ROOT)]
    flashed = Ridge(tmp_path_factory.mktemp("ridge"), Path(IMAGE or ""), *trusted)
    with working(flashed, home / "stick.img") as ridge:
        ridge.enter()
        yield ridge


def status(ridge: Ridge) -> list[str]:
    return ridge.ask(f"{IRBIS} update --status").splitlines()


def install(ridge: Ridge, name: str) -> str:
    """Put the stick in, update, pull it out; what was said."""
    ridge.ask("mkdir -p /run/stick && mount -o ro LABEL=STICK /run/stick")
    said = ridge.ask(f"{IRBIS} update /run/stick/{name}", WRITTEN_S)
    ridge.ask("umount /run/stick")
    print(said)
    return said


def test_a_new_slot_that_does_not_start_is_tried_three_times_and_left(ridge: Ridge) -> None:
    assert "slot B is tried at the next start; slot A stays" in install(ridge, BROKEN)
    assert status(ridge) == ["slot A: good, runs", "slot B: good, starts next"]
    ridge.ask(f"{IRBIS} update --restart")
    for _ in range(3):
        ridge.machine.console.expect("irbis: starting slot B", BOOT_S)
    ridge.machine.console.expect("irbis: starting slot A", BOOT_S)
    ridge.enter()
    assert ridge.ask("findmnt -n -o LABEL /") == "ROOTA"
    assert status(ridge) == ["slot A: good, runs, starts next", "slot B: bad"]
    ridge.until(
        "it is told in the journal",
        lambda: "did not prove itself; slot A runs again" in proof(ridge),
        BOOT_S,
    )


def test_a_new_slot_starts_on_trial_and_stays_once_it_has_proved_itself(ridge: Ridge) -> None:
    before = ridge.ask("cat /etc/machine-id")
    install(ridge, GOOD)
    assert status(ridge) == ["slot A: good, runs", "slot B: good, starts next"]
    ridge.ask(f"{IRBIS} update --restart")
    ridge.machine.console.expect("irbis: starting slot B", BOOT_S)
    ridge.enter()
    assert ridge.ask("findmnt -n -o LABEL /") == "ROOTB"
    assert ridge.ask("cat /etc/machine-id") == before
    assert status(ridge)[1] == "slot B: good, runs, on trial, starts next"
    ridge.until(
        "the new slot proves itself",
        lambda: status(ridge)[1] == "slot B: good, runs, starts next",
        PROVED_S,
        every_s=20.0,
    )
    print(proof(ridge))
    assert ridge.ask("test -e /data/rauc/trial || echo gone") == "gone"


def proof(ridge: Ridge) -> str:
    return ridge.ask("journalctl --no-pager -b -u irbis-prove -o cat")
