"""Which file system a path lies on."""

from __future__ import annotations

from pathlib import Path

from tools.mounts import IN_MEMORY, durable_folder, file_system

TABLE = "/dev/a / ext4 rw 0 0\ntmpfs /run tmpfs rw 0 0\n/dev/b /media/my\\040card vfat rw 0 0\n"


def test_the_nearest_mount_counts(tmp_path: Path) -> None:
    table = tmp_path / "mounts"
    table.write_text(TABLE)
    assert file_system(Path("/run/irbis/x"), table) == "tmpfs"
    assert file_system(Path("/running"), table) == "ext4"
    assert file_system(Path("/media/my card/DCIM"), table) == "vfat"


def test_without_a_table_the_file_system_is_not_known(tmp_path: Path) -> None:
    assert file_system(tmp_path, tmp_path / "absent") == ""


def test_a_durable_folder_can_be_written_to() -> None:
    folder = durable_folder()
    assert folder.is_dir()
    assert file_system(folder) not in IN_MEMORY or file_system(Path.cwd()) in IN_MEMORY
