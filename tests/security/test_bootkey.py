"""The boot key: outlives the process, never the power, and trusts no folder of someone else's."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from edge.security.bootkey import (
    BootKey,
    _is_ours_in_ram,
    _ram_mounts,
    find_memory_dir,
    forget_boot_key,
    obtain_boot_key,
)
from edge.security.errors import SealError
from edge.security.evidence import new_content_key


def test_a_restarted_process_finds_the_key_of_the_one_before(tmp_path):
    content_key = new_content_key()
    wrapped = obtain_boot_key("spool", tmp_path).wrap(content_key)
    assert obtain_boot_key("spool", tmp_path).unwrap(wrapped) == content_key


def test_after_a_power_cut_only_basecamp_can_open_what_was_wrapped(tmp_path):
    wrapped = obtain_boot_key("spool", tmp_path).wrap(new_content_key())
    (tmp_path / "spool.bootkey").unlink()
    with pytest.raises(SealError, match=r"the power was lost before .* only basecamp can open it"):
        obtain_boot_key("spool", tmp_path).unwrap(wrapped)


def test_without_a_memory_folder_the_key_lives_in_the_process_alone():
    ours, next_process = obtain_boot_key("spool", None), obtain_boot_key("spool", None)
    wrapped = ours.wrap(bytes(32))
    assert ours.unwrap(wrapped) == bytes(32)
    with pytest.raises(SealError):
        next_process.unwrap(wrapped)
    forget_boot_key("spool", None)


def test_two_spools_have_two_keys(tmp_path):
    assert obtain_boot_key("one", tmp_path) != obtain_boot_key("two", tmp_path)


def test_the_key_file_is_readable_by_its_owner_alone(tmp_path):
    obtain_boot_key("spool", tmp_path / "new")
    assert stat.S_IMODE((tmp_path / "new" / "spool.bootkey").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_key_file_that_a_crash_left_short_is_replaced(tmp_path):
    (tmp_path / "spool.bootkey").write_bytes(b"half")
    key = obtain_boot_key("spool", tmp_path)
    assert len(key.key) == 32
    assert obtain_boot_key("spool", tmp_path) == key
    assert [path.name for path in tmp_path.iterdir()] == ["spool.bootkey"]


def test_a_forgotten_key_is_gone_and_forgetting_twice_does_no_harm(tmp_path):
    before = obtain_boot_key("spool", tmp_path)
    forget_boot_key("spool", tmp_path)
    forget_boot_key("spool", tmp_path)
    assert not list(tmp_path.iterdir())
    assert obtain_boot_key("spool", tmp_path) != before


@pytest.mark.parametrize("wrapped", [b"", b"x", bytes(71), bytes(72), bytes(200)])
def test_bytes_that_were_never_wrapped_raise_seal_error(wrapped):
    with pytest.raises(SealError):
        BootKey(bytes(32)).unwrap(wrapped)


def test_a_wrapped_key_is_72_bytes():
    assert len(BootKey(bytes(32)).wrap(new_content_key())) == 72


class TestWhereItMayLie:
    """``tmp_path`` stands in for a RAM file system: the mount table says that it is one."""

    def test_our_own_folder_in_memory_is_taken_and_made_private(self, tmp_path):
        folder = tmp_path / "irbis"
        assert _is_ours_in_ram(folder, {tmp_path: True}, os.getuid())
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    def test_a_folder_on_a_card_is_refused(self, tmp_path):
        mounts = {Path("/"): True, tmp_path: False}
        assert not _is_ours_in_ram(tmp_path / "irbis", mounts, os.getuid())
        assert not list(tmp_path.iterdir())

    def test_a_card_mounted_within_memory_is_refused(self, tmp_path):
        card = tmp_path / "card"
        card.mkdir()
        assert not _is_ours_in_ram(card / "irbis", {tmp_path: True, card: False}, os.getuid())

    def test_a_folder_of_someone_else_is_refused(self, tmp_path):
        assert not _is_ours_in_ram(tmp_path / "irbis", {tmp_path: True}, os.getuid() + 1)

    def test_a_folder_that_others_may_write_to_is_refused(self, tmp_path):
        open_folder = tmp_path / "irbis"
        open_folder.mkdir()
        open_folder.chmod(0o777)
        assert not _is_ours_in_ram(open_folder, {tmp_path: True}, os.getuid())

    def test_a_link_laid_in_the_place_of_the_folder_is_refused(self, tmp_path):
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "irbis").symlink_to(tmp_path / "elsewhere")
        assert not _is_ours_in_ram(tmp_path / "irbis", {tmp_path: True}, os.getuid())

    def test_a_file_in_the_place_of_the_folder_is_refused(self, tmp_path):
        (tmp_path / "irbis").write_text("not a folder")
        assert not _is_ours_in_ram(tmp_path / "irbis", {tmp_path: True}, os.getuid())

    def test_an_unmounted_or_relative_place_is_refused(self, tmp_path):
        assert not _is_ours_in_ram(Path("irbis"), {tmp_path: True}, os.getuid())
        assert not _is_ours_in_ram(tmp_path / "irbis", {}, os.getuid())

    def test_the_mount_table_tells_memory_from_cards(self):
        table = [
            "/dev/mmcblk0p2 / ext4 rw 0 0",
            "tmpfs /run tmpfs rw,nosuid 0 0",
            "ramfs /mnt/ram ramfs rw 0 0",
            "short line",
        ]
        assert _ram_mounts(table) == {
            Path("/"): False,
            Path("/run"): True,
            Path("/mnt/ram"): True,
        }

    def test_a_place_mounted_over_counts_as_what_lies_on_top(self):
        table = ["tmpfs /run tmpfs rw 0 0", "/dev/mmcblk0p3 /run ext4 rw 0 0"]
        assert _ram_mounts(table) == {Path("/run"): False}

    def test_the_folder_that_systemd_made_for_the_service_comes_first(self):
        ram = next((p for p, in_ram in _ram_mounts().items() if in_ram and os.access(p, 7)), None)
        if ram is None:
            pytest.skip("this machine has no RAM file system that we may write to")
        given = ram / f"irbis-test-{os.getpid()}"
        given.mkdir(mode=0o700)
        try:
            assert find_memory_dir({"RUNTIME_DIRECTORY": f":{given}:/run/other"}) == given
        finally:
            given.rmdir()
