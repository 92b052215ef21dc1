"""Which systems can carry Irbis, told by their files."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.image.small_root import AMD64, ARM32, ARM64, make_system
from tools.image.errors import ImageError
from tools.image.provision_plan import check_files, settings_of, wanted
from tools.image.provision_system import examine, inside
from tools.image.units import placed
from tools.image.wheels import Interpreter, chosen_lines

PROJECT = Path(__file__).parents[2]
RASPBERRY = "ID=debian\nPRETTY_NAME='Debian GNU/Linux 12 (bookworm)'\n"
UBUNTU_22 = "ID=ubuntu\nID_LIKE=debian\nPRETTY_NAME='Ubuntu 22.04.5 LTS'\n"
UBUNTU_24 = "ID=ubuntu\nID_LIKE=debian\nPRETTY_NAME='Ubuntu 24.04.2 LTS'\n"


def test_raspberry_pi_os_can(tmp_path: Path) -> None:
    root = make_system(tmp_path / "root", RASPBERRY, elf=ARM64)
    (root / "etc/rpi-issue").touch()
    system = examine(root)
    assert system.interpreter == Interpreter((3, 11), "aarch64", (2, 36))
    assert system.systemd == 252
    assert system.own_camera_packages


def test_jetpack_7_can(tmp_path: Path) -> None:
    root = make_system(tmp_path / "root", UBUNTU_24, "3.12", "255", ARM64)
    (root / "etc/nv_tegra_release").touch()
    assert examine(root).own_camera_packages


@pytest.mark.parametrize(
    ("release", "python", "systemd", "elf", "why"),
    [
        (UBUNTU_22, "3.10", "249", ARM64, "has Python 3.10"),
        (UBUNTU_22, "3.11", "249", ARM64, "systemd 249"),
        (RASPBERRY, "3.11", "252", ARM32, "64-bit"),
        ("ID=fedora\nPRETTY_NAME=Fedora\n", "3.12", "255", AMD64, "Fedora"),
        ("", "3.11", "252", AMD64, "no system"),
    ],
    ids=["jetpack-6", "old-systemd", "32-bit", "fedora", "nameless"],
)
def test_others_are_refused_with_the_reason(
    tmp_path: Path, release: str, python: str, systemd: str, elf: tuple[int, int], why: str
) -> None:
    root = make_system(tmp_path / "root", release, python, systemd, elf)
    with pytest.raises(ImageError, match=why):
        examine(root)


def test_a_system_without_python_is_told_how_to_get_it(tmp_path: Path) -> None:
    root = make_system(tmp_path / "root")
    (root / "usr/bin/python3").unlink()
    with pytest.raises(ImageError, match="apt install python3"):
        examine(root)


def test_links_are_followed_as_the_system_would(tmp_path: Path) -> None:
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "lib").symlink_to("/usr/lib")
    (tmp_path / "usr/up").symlink_to("../../../etc")
    assert inside(tmp_path, "/lib/x") == tmp_path / "usr/lib/x"
    assert inside(tmp_path, "/usr/up/passwd") == tmp_path / "etc/passwd"


def test_a_circle_of_links_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(ImageError, match="link to itself"):
        inside(tmp_path, "/a/x")


@pytest.mark.parametrize(("python", "numpy"), [((3, 11), "numpy==2.4"), ((3, 13), "numpy==2.5")])
def test_the_lock_is_read_with_the_stations_python(python: tuple[int, int], numpy: str) -> None:
    lock = (PROJECT / "requirements/station.lock").read_text()
    lines = list(chosen_lines(lock, Interpreter(python, "aarch64")))
    assert len([line for line in lines if line.startswith(numpy)]) == 1
    assert not [line for line in lines if line.startswith("colorama")]  # Windows alone has it
    assert all(" --hash=sha256:" in line and ";" not in line for line in lines)


def test_wheels_for_older_c_libraries_are_taken_and_for_newer_ones_not() -> None:
    platforms = Interpreter((3, 11), "aarch64", (2, 36)).platforms
    assert "manylinux_2_28_aarch64" in platforms
    assert "manylinux_2_37_aarch64" not in platforms
    assert platforms[0] == "manylinux_2_36_aarch64"


def test_a_stock_system_takes_in_what_a_technician_lays_on_its_boot_partition() -> None:
    things = {thing.path: thing for thing in wanted(PROJECT / "systemd", 252, [])}
    unit = things["/usr/lib/systemd/system/irbis-firstboot.service"]
    link = things["/etc/systemd/system/multi-user.target.wants/irbis-firstboot.service"]
    assert b"irbis firstboot" in unit.content
    assert (link.kind, link.target) == ("link", unit.path)


@pytest.mark.parametrize(
    ("named", "given", "told"),
    [
        ("broker.password", [], "--add"),
        ("secrets/broker.password", ["secrets/broker.password"], "beside station.toml"),
        ("broker.password", ["broker.password"], None),
        ("/etc/ssl/broker.password", [], None),
    ],
)
def test_a_configuration_comes_with_every_file_that_it_names(
    tmp_path: Path, named: str, given: list[str], told: str | None
) -> None:
    config, root = tmp_path / "station.toml", tmp_path / "root"
    config.write_text(
        f'[station]\nid = "ridge-1"\n[uplink]\nbroker = "mqtt://camp"\nusername = "a"\n'
        f'password_file = "{named}"\n[spool]\npath = "/var/lib/irbis/spool"\n'
    )
    for name in given:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("hunter2")
    settings = settings_of(config, [tmp_path / name for name in given])
    with nullcontext() if told is None else pytest.raises(ImageError, match=told):
        check_files(root, config, settings)


def test_restarts_that_come_ever_later_need_systemd_254() -> None:
    old, new = ({path for _, path in placed(PROJECT / "systemd", v)} for v in (252, 255))
    assert new - old == {"/usr/lib/systemd/system/irbis.service.d/backoff.conf"}
    assert "/usr/lib/sysusers.d/irbis.conf" in old


def test_every_system_switches_off_after_a_woken_station_s_cycle() -> None:
    places = {path for _, path in placed(PROJECT / "systemd", 252)}
    assert "/usr/lib/systemd/system/irbis.service.d/woken.conf" in places


@pytest.mark.parametrize("gives", [True, False])
def test_a_stock_system_s_station_may_address_a_modem_only_where_it_is_to(
    tmp_path: Path, gives: bool
) -> None:
    config = tmp_path / "station.toml"
    config.write_text(
        '[station]\nid = "ridge-1"\n[uplink]\nbroker = "mqtt://camp"\n'
        f'[uplink.cellular]\napn = "internet"\ngive_address = {str(gives).lower()}\n'
        '[spool]\npath = "/var/lib/irbis/spool"\n'
    )
    links = {thing.path: thing.target for thing in settings_of(config, []) if thing.target}
    link = "/etc/systemd/system/irbis.service.d/give-address.conf"
    assert links == ({link: "/usr/share/irbis/give-address.conf"} if gives else {})
