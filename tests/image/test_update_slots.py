"""Which slot starts: the rules, and how U-Boot and a Raspberry Pi's firmware are told them."""

from __future__ import annotations

import errno
import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.slots.here import booted, bootloader
from tools.slots.installed import lay_boot_files
from tools.slots.state import BAD, GOOD, TRIALS, SlotError, Slots
from tools.slots.tryboot import OWN, TrybootSlots, with_slot
from tools.slots.uboot import COPIES, SIZE_BYTES, UBootSlots, from_env, to_env

CONFIG = "# the proved slot\r\nos_prefix=a/\r\nkernel=vmlinuz\r\n"


def some_slots() -> st.SearchStrategy[Slots]:
    verdicts = st.sampled_from([GOOD, 0, 1, 2, 3])

    def build(order: tuple[str, str], a: object, b: object) -> Slots:
        said = {"A": a, "B": b}
        good = frozenset(slot for slot, verdict in said.items() if verdict == GOOD)
        trials = [(slot, v if isinstance(v, int) else 0) for slot, v in said.items()]
        return Slots(order, good, tuple(trials))

    return st.builds(build, st.sampled_from([("A", "B"), ("B", "A")]), verdicts, verdicts)


def test_a_new_slot_is_tried_so_many_times_and_then_the_old_one_starts_for_good() -> None:
    slots, started = Slots().activated("B"), []
    for _ in range(TRIALS + 3):
        slot, slots = slots.start()
        started.append(slot)
    assert started == ["B"] * TRIALS + ["A"] * 3


def test_a_slot_that_proved_itself_starts_without_writing_anything() -> None:
    slot, tried = Slots().activated("B").start()
    proved = tried.marked(slot, GOOD)
    assert proved.start() == ("B", proved)


def test_a_slot_that_was_given_up_is_not_tried_again() -> None:
    _, tried = Slots().activated("B").start()
    assert tried.marked("B", BAD).primary == "A"


def test_calling_the_running_slot_good_again_does_not_call_off_a_trial() -> None:
    assert Slots().activated("B").marked("A", GOOD).primary == "B"


@given(some_slots())
def test_something_always_starts_and_what_is_good_is_preferred_to_what_is_bad(slots: Slots) -> None:
    slot, after = slots.start()
    assert slots.usable(slot) or not any(slots.usable(one) for one in "AB")
    assert after.good == slots.good
    assert sum(count for _, count in after.trials) <= sum(count for _, count in slots.trials)


@given(some_slots())
def test_what_u_boot_is_told_can_be_read_again(slots: Slots) -> None:
    raw = to_env(slots)
    assert len(raw) == SIZE_BYTES
    assert from_env(raw) == slots


@given(st.binary(max_size=SIZE_BYTES + 8), some_slots(), st.integers(0, SIZE_BYTES - 1))
def test_what_was_not_written_whole_is_refused(noise: bytes, slots: Slots, cut: int) -> None:
    for raw in (noise, to_env(slots)[:cut], to_env(slots)[:cut] + bytes(SIZE_BYTES - cut)):
        if raw != to_env(slots):
            with pytest.raises(SlotError):
                from_env(raw)


def test_a_write_that_is_cut_anywhere_leaves_the_old_state_or_the_new(tmp_path: Path) -> None:
    old, new = to_env(Slots()), to_env(Slots().activated("B"))
    for first in range(0, 101, 10):
        for second in range(0, 101, 10) if first == 100 else (0,):
            for name, percent in zip(COPIES, (first, second), strict=True):
                whole = SIZE_BYTES * percent // 100
                torn = new[:whole] + old[whole:]
                (tmp_path / name).write_bytes(torn)
            expected = {100: from_env(new)}.get(first, from_env(old))
            read = UBootSlots(tmp_path).load()
            assert read in (expected, from_env(new)), (first, second)


def test_a_new_card_starts_slot_a(tmp_path: Path) -> None:
    slots = UBootSlots(tmp_path)
    assert slots.primary() == "A"
    assert not slots.on_trial("A")


@pytest.fixture
def pi(tmp_path: Path) -> Path:
    (tmp_path / "config.txt").write_bytes(CONFIG.encode())
    for slot in "ab":
        (tmp_path / slot).mkdir()
        (tmp_path / slot / "vmlinuz").touch()
        (tmp_path / slot / "config.txt").write_bytes(CONFIG.replace("a/", f"{slot}/").encode())
    return tmp_path


def test_a_pi_tries_a_slot_once_and_keeps_it_once_it_is_good(pi: Path) -> None:
    slots = TrybootSlots(pi)
    slots.activate("B")
    assert (slots.primary(), slots.reboot_argument()) == ("B", "0 tryboot")
    assert (pi / "config.txt").read_bytes() == CONFIG.encode()  # a power cut starts the old one
    assert slots.on_trial("B")
    slots.mark("B", GOOD)
    assert (pi / "config.txt").read_bytes() == CONFIG.replace("a/", "b/").encode()
    assert not (pi / "tryboot.txt").exists()
    assert not slots.on_trial("B")


def test_what_somebody_wrote_for_their_own_board_outlives_an_update(pi: Path) -> None:
    own = f"{OWN}\r\n# f\xfcr das Funkger\xe4t\r\ndtoverlay=uart3\r\n".encode("latin-1")
    (pi / "config.txt").write_bytes(CONFIG.encode() + own)
    fresh = CONFIG.replace("a/", "b/") + "camera_auto_detect=1\r\n"
    (pi / "b/config.txt").write_bytes(f"{fresh}{OWN}\r\n".encode())
    slots = TrybootSlots(pi)
    slots.activate("B")
    slots.mark("B", GOOD)
    assert (pi / "config.txt").read_bytes() == fresh.encode() + own


def test_a_bundle_from_before_there_were_own_lines_takes_them_along(pi: Path) -> None:
    (pi / "config.txt").write_bytes(f"{CONFIG}{OWN}\r\ndtoverlay=uart3\r\n".encode())
    TrybootSlots(pi).activate("B")
    tried = (pi / "tryboot.txt").read_bytes().decode()
    assert tried == f"{CONFIG.replace('a/', 'b/')}{OWN}\r\ndtoverlay=uart3\r\n"


@pytest.mark.parametrize(
    "kernel",
    ["6.1.0-25-arm64", "6.12.43+deb13-arm64", "6.12.43+deb13-arm64-16k", "6.1.0-9-rt-arm64"],
)
def test_debians_kernel_cannot_ask_a_pi_for_a_trial(pi: Path, kernel: str) -> None:
    assert kernel in TrybootSlots(pi, kernel).obstacle()
    assert UBootSlots(pi).obstacle() == ""


@pytest.mark.parametrize("kernel", ["6.6.51+rpt-rpi-v8", "6.6.31-v8-16k+", "6.8.0-1013-raspi"])
def test_raspberry_pis_kernel_can(pi: Path, kernel: str) -> None:
    assert TrybootSlots(pi, kernel).obstacle() == ""


def test_a_pi_forgets_a_trial_that_failed(pi: Path) -> None:
    slots = TrybootSlots(pi)
    slots.activate("B")
    slots.mark("B", BAD)
    assert (slots.primary(), slots.reboot_argument()) == ("A", "")
    assert slots.verdict("B") == BAD


def test_a_pi_never_loses_its_proved_slot(pi: Path) -> None:
    slots = TrybootSlots(pi)
    slots.mark("A", BAD)
    assert slots.verdict("A") == GOOD
    with pytest.raises(SlotError, match="not on trial"):
        slots.mark("B", GOOD)


def test_a_pi_does_not_try_a_slot_without_a_kernel(pi: Path) -> None:
    (pi / "b/vmlinuz").unlink()
    with pytest.raises(SlotError, match="no kernel"):
        TrybootSlots(pi).activate("B")


def test_a_configuration_without_a_slot_is_an_error() -> None:
    with pytest.raises(SlotError, match="os_prefix"):
        with_slot("kernel=vmlinuz\n", "B")


def test_a_boot_partition_that_does_not_mount_is_told_in_one_line(
    pi: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An automount answers so to whoever looks into its folder."""

    def host_is_down(folder: Path) -> Iterator[Path]:
        raise OSError(errno.EHOSTDOWN, os.strerror(errno.EHOSTDOWN), str(folder))

    monkeypatch.setattr(Path, "iterdir", host_is_down)
    with pytest.raises(SlotError, match="cannot be read: Host is down"):
        bootloader(pi)


def test_the_boot_partition_tells_which_bootloader_reads_it(pi: Path, tmp_path: Path) -> None:
    assert isinstance(bootloader(pi), TrybootSlots)
    (pi / "config.txt").unlink()
    assert isinstance(bootloader(pi), UBootSlots)
    with pytest.raises(SlotError, match="no boot partition"):
        bootloader(tmp_path / "nothing")


@pytest.mark.parametrize("line", ["quiet root=LABEL=ROOTB ro", "rauc.slot=B", "x rauc.slot=B\n"])
def test_the_running_slot_is_told_by_the_kernels_command_line(line: str) -> None:
    assert booted(line) == "B"


def test_a_stock_system_is_told_how_it_is_updated() -> None:
    with pytest.raises(SlotError, match="irbis image provision /"):
        booted("root=PARTUUID=1234-02 quiet")


def bundled(folder: Path, **files: bytes) -> Path:
    archive = folder / "boot.tar"
    with tarfile.open(archive, "w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name.replace("_", "."))
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return archive


def test_boot_files_are_laid_for_the_slot_they_go_to(pi: Path, tmp_path: Path) -> None:
    archive = bundled(
        tmp_path, vmlinuz=b"new", config_txt=CONFIG.encode(),
        cmdline_txt=b"root=LABEL=ROOTA rauc.slot=A ro\n",
    )  # fmt: skip
    lay_boot_files(archive, pi, "B")
    assert (pi / "b/vmlinuz").read_bytes() == b"new"
    assert (pi / "b/cmdline.txt").read_bytes() == b"root=LABEL=ROOTB rauc.slot=B ro\n"
    assert b"os_prefix=b/\r\n" in (pi / "b/config.txt").read_bytes()


def test_boot_files_that_would_lie_elsewhere_are_refused(pi: Path, tmp_path: Path) -> None:
    archive = tmp_path / "boot.tar"
    with tarfile.open(archive, "w") as tar:
        tar.addfile(tarfile.TarInfo("../../config.txt"), io.BytesIO())
    with pytest.raises(SlotError, match="outside of the slot"):
        lay_boot_files(archive, pi, "B")
    assert (pi / "config.txt").read_bytes() == CONFIG.encode()


def test_boot_files_that_are_not_whole_leave_the_slot_alone(pi: Path, tmp_path: Path) -> None:
    with pytest.raises(SlotError, match=r"lack vmlinuz"):
        lay_boot_files(bundled(tmp_path, cmdline_txt=b"x"), pi, "B")
    assert (pi / "b/vmlinuz").exists()
