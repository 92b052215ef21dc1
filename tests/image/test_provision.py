"""Adding Irbis to a system of a few files and taking it away again, with the power cut in between.

The environment is a small stand-in tree; `make test-provision` does it with the real one.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.errors import ConfigError
from tests.image.small_root import make_system, tree
from tools.image.errors import ImageError
from tools.image.provision_apply import Plan, apply
from tools.image.provision_files import digest_of
from tools.image.provision_plan import Wanted, settings_of, wanted
from tools.image.provision_receipt import Ledger
from tools.image.provision_undo import undo

UNITS = Path(__file__).parents[2] / "systemd"
RULES = "usr/lib/udev/rules.d/70-irbis.rules"

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("systemd-sysusers") is None,
    reason="changing a system needs root, and systemd-sysusers (apt-get install systemd)",
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where it can be: each of hundreds of changes waits for the card."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="irbis-") as swift:
        yield Path(swift)


@pytest.fixture
def root(folder: Path) -> Path:
    return make_system(folder / "root")


def small_environment(folder: Path) -> None:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/irbis").write_text("the program\n")
    (folder / "bin/python3").symlink_to("/usr/bin/python3.11")


def plan(*extra: Wanted) -> Plan:
    # A machine that runs many tests at once has much to sync that is not ours.
    return Plan(wanted(UNITS, 252, extra), small_environment, settle=lambda: None)


def some_settings() -> list[Wanted]:
    return [
        Wanted("/etc/irbis", "folder", mode=0o750, private=True),
        Wanted("/etc/irbis/station.toml", "file", b"[station]\n", mode=0o640, private=True),
    ]


def provision(root: Path, *extra: Wanted) -> int:
    return len(list(apply(root, plan(*extra))))


def cut_after(steps: Iterator[str], count: int) -> bool:
    """Take ``count`` steps and none more; whether there were so many."""
    return len(list(itertools.islice(steps, count))) == count


def test_what_was_added_is_taken_away_to_the_byte(root: Path) -> None:
    before = tree(root)
    provision(root)
    assert (root / "etc/systemd/system/multi-user.target.wants/irbis.service").is_symlink()
    assert "irbis" in (root / "etc/passwd").read_text()
    list(undo(root, purge=False))
    assert tree(root) == before


def test_a_power_cut_after_any_step_can_be_undone(folder: Path) -> None:
    for count in itertools.count():
        root = make_system(folder / str(count))
        before = tree(root)
        if not cut_after(apply(root, plan()), count):
            break
        if count:
            list(undo(root, purge=False))
        assert tree(root) == before, f"cut after {count} steps"
    assert count > 6


def test_a_power_cut_after_any_step_can_be_repeated(folder: Path) -> None:
    whole = make_system(folder / "whole")
    before = tree(whole)
    provision(whole)
    for count in itertools.count():
        root = make_system(folder / str(count))
        more = cut_after(apply(root, plan()), count)
        provision(root)
        assert tree(root) == tree(whole), f"cut after {count} steps"
        list(undo(root, purge=False))
        assert tree(root) == before
        if not more:
            break


def test_undoing_can_be_cut_anywhere_and_repeated(folder: Path) -> None:
    for count in itertools.count():
        root = make_system(folder / str(count))
        before = tree(root)
        provision(root, *some_settings())
        more = cut_after(undo(root, purge=True), count)
        if Ledger(root).load() is not None:
            list(undo(root, purge=True))
        assert tree(root) == before, f"cut after {count} steps"
        if not more:
            break


def test_doing_it_twice_is_doing_it_once(root: Path) -> None:
    before = tree(root)
    provision(root)
    once = tree(root)
    provision(root)
    assert tree(root) == once
    list(undo(root, purge=False))
    assert tree(root) == before


def test_the_receipt_names_every_file_with_its_digest(root: Path) -> None:
    before = set(tree(root))
    provision(root)
    receipt = Ledger(root).load()
    assert receipt is not None
    told = {change.path.lstrip("/"): change.after for change in receipt.changes}
    for path in set(tree(root)) - before:
        file = root / path
        if file.is_symlink() or not file.is_file() or path.startswith("var/lib/irbis-provision"):
            continue
        if path.startswith("opt/irbis/"):
            assert receipt.tree[path.removeprefix("opt/irbis/")] == digest_of(file)
        elif not path.endswith("-") and path != "etc/.pwd.lock":  # systemd's copies of the lists
            assert told[path].digest == digest_of(file)


def test_a_file_that_was_there_comes_back(root: Path) -> None:
    (root / RULES).parent.mkdir(parents=True)
    (root / RULES).write_text("# of somebody else\n")
    (root / RULES).chmod(0o600)
    before = tree(root)
    provision(root)
    assert tree(root)[RULES] != before[RULES]
    provision(root)
    list(undo(root, purge=False))
    assert tree(root) == before


def test_evidence_and_keys_are_left_with_their_owner(root: Path) -> None:
    before = tree(root)
    provision(root, *some_settings())
    (root / "var/lib/irbis/spool").mkdir(parents=True)
    (root / "var/lib/irbis/spool/burst").write_bytes(b"sealed")
    said = list(undo(root, purge=False))
    assert "left 2 files of the station, and its user; --purge removes them" in said
    assert (root / "etc/irbis/station.toml").exists()
    assert (root / "var/lib/irbis/spool/burst").exists()
    assert "irbis" in (root / "etc/passwd").read_text()
    assert not (root / "opt/irbis").exists()
    list(undo(root, purge=True))
    assert tree(root) == before


def test_what_was_left_is_found_again_by_the_next_provision(root: Path) -> None:
    before = tree(root)
    provision(root, *some_settings())
    list(undo(root, purge=False))
    provision(root)
    assert (root / "etc/irbis/station.toml").read_bytes() == b"[station]\n"
    list(undo(root, purge=True))
    assert tree(root) == before


def test_folders_that_the_boot_made_go_with_it_while_they_are_empty(root: Path) -> None:
    before = tree(root)
    provision(root)
    (root / "var/lib/irbis/incoming").mkdir(parents=True)
    (root / "etc/irbis").mkdir()
    list(undo(root, purge=False))
    assert tree(root) == before


def test_users_who_came_since_stay(root: Path) -> None:
    provision(root)
    for name, line in (
        ("passwd", "eva:x:1000:1000::/home/eva:/bin/sh\n"),
        ("group", "eva:x:1000:\n"),
    ):
        with (root / "etc" / name).open("a") as file:
            file.write(line)
    list(undo(root, purge=False))
    passwd, group = (root / "etc/passwd").read_text(), (root / "etc/group").read_text()
    assert "eva:x:1000:1000" in passwd
    assert "dialout:x:20:eva\n" in group
    assert "irbis" not in passwd + group + (root / "etc/shadow").read_text()
    assert "gpio" not in group


def test_a_group_that_was_there_stays(root: Path) -> None:
    with (root / "etc/group").open("a") as file:
        file.write("gpio:x:986:\n")
    with (root / "etc/gshadow").open("a") as file:
        file.write("gpio:!::\n")
    before = tree(root)
    provision(root)
    assert "gpio:x:986:irbis" in (root / "etc/group").read_text()
    list(undo(root, purge=False))
    assert tree(root) == before


def test_a_file_that_only_the_older_irbis_had_goes_with_the_newer(root: Path) -> None:
    before = tree(root)
    old = Wanted("/usr/lib/udev/rules.d/60-old.rules", "file", b"# old\n")
    provision(root, old)
    provision(root)
    assert not (root / "usr/lib/udev/rules.d/60-old.rules").exists()
    list(undo(root, purge=False))
    assert tree(root) == before


def test_somebody_elses_environment_is_not_touched(root: Path) -> None:
    (root / "opt/irbis").mkdir()
    before = tree(root)
    with pytest.raises(ImageError, match="not made by provision"):
        provision(root)
    assert tree(root) == before


def test_links_of_the_system_never_lead_out_of_it(root: Path, folder: Path) -> None:
    outside = folder / "outside"
    outside.mkdir()
    (root / "usr/lib/sysusers.d").symlink_to(outside)
    with pytest.raises((ImageError, OSError)):
        provision(root)
    assert list(outside.iterdir()) == []


def test_nothing_is_taken_away_where_nothing_was_added(root: Path) -> None:
    before = tree(root)
    with pytest.raises(ImageError, match="no receipt"):
        list(undo(root, purge=True))
    assert tree(root) == before


def test_a_damaged_receipt_stops_everything(root: Path) -> None:
    provision(root)
    (root / "var/lib/irbis-provision/receipt.json").write_text('{"format": 1')
    for act in (lambda: list(undo(root, purge=True)), lambda: [str(provision(root))]):
        with pytest.raises(ImageError, match="damaged"):
            act()
    assert (root / "opt/irbis/bin/irbis").exists()


def test_a_configuration_whose_folders_no_station_could_write_to_is_refused(folder: Path) -> None:
    """As `irbis config new` writes it, for a desk: evidence would go to /etc/irbis/spool."""
    config = folder / "station.toml"
    config.write_text('[station]\nid = "ridge-7"\n[spool]\npath = "spool"\n')
    with pytest.raises(ConfigError, match=r'write path = "/var/lib/irbis/spool"'):
        settings_of(config, [])
    config.write_text(config.read_text().replace('"spool"', '"/var/lib/irbis/spool"'))
    assert len(settings_of(config, [])) == 2
