"""First boot, killed before every line that changes anything: the next start goes on, and nothing
is lost, doubled or left lying."""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from edge.config import load_config
from edge.security.keys import BasecampKey, StationKey
from tools.firstboot import durable, taking
from tools.firstboot.command import end, take_in
from tools.firstboot.places import Places, find_places
from tools.flashing.boot import MountedBoot
from tools.flashing.order import Order, WifiOrder, make_handover
from tools.flashing.stamping import put_handover

TOKEN = str(BasecampKey.generate().token)
STEP = 1 if "IRBIS_EVERY_LINE" in os.environ else 11
"""Every line takes a minute; every eleventh is a sample that meets every step."""

WATCHED = {durable.__file__, taking.__file__}
"""All that first boot changes, it changes by lines of these two."""


def places_in(root: Path) -> Places:
    return find_places(root / "boot", root / "data/etc/irbis", root)


def first_boot(root: Path) -> None:
    places = places_in(root)
    if take_in(places):
        end(places, [])


def killed_at(line: int, root: Path) -> bool:
    """Whether a first boot in a process of its own came as far as its ``line``-th line, where it
    dies at once, as by a kill."""
    child = os.fork()
    if child == 0:
        sys.settrace(_trap(line))
        try:
            first_boot(root)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def _trap(line: int) -> Callable[[FrameType, str, Any], Any]:
    left = line

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in WATCHED:
            return None
        if event == "line":
            left -= 1
            if left < 0:
                os._exit(9)
        return trace

    return trace


def lay(folder: Path, station: str, **more: Any) -> None:
    put_handover(MountedBoot(folder), make_handover(Order(station, basecamp=TOKEN, **more)))


@pytest.fixture(scope="module", params=["new identity", "own key"])
def stamped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("board") / "stamped"
    return make_board(root, own_key=request.param == "own key")


def make_board(root: Path, *, own_key: bool) -> Path:
    """A station that was ridge-1, with a hand-over for ridge-2; or a new card without a key."""
    for name in ("data/etc", "data/wifi", "data/ssh", "boot"):
        (root / name).mkdir(parents=True)
    if own_key:
        lay(root / "boot/irbis", "ridge-2", own_key=True)
        return root
    lay(root / "boot/irbis", "ridge-1", key=StationKey.generate())
    first_boot(root)
    word = root / "word"
    word.write_text("correct horse")
    wifi = WifiOrder("Camp", word)
    lay(root / "boot/irbis", "ridge-2", key=StationKey.generate(), hostname="trap", wifi=wifi)
    return root


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def identity(root: Path) -> str:
    try:
        return (root / "boot/irbis/identity.txt").read_text()
    except FileNotFoundError:
        return ""


def require_whole(root: Path, stamped: Path) -> None:
    """As if it had never been cut."""
    config = load_config(root / "data/etc/irbis/station.toml")
    assert config.station.id == "ridge-2" and config.station.key_file is not None
    key = StationKey.load(config.station.key_file)
    assert str(key.token) in identity(root)
    assert set(content(root / "boot")) == {"irbis/identity.txt"}
    given = stamped / "boot/irbis/station.key"
    if given.exists():
        assert key == StationKey.load(given)
        assert (root / "data/etc/hostname").read_text() == "trap\n"
        assert "correct horse" in (root / "data/wifi/wpa_supplicant.conf").read_text()
    names = {"station.toml", "station.key"}
    assert set(content(root / "data/etc/irbis")) == names


def cut_and_go_on(stamped: Path, root: Path, cuts: list[int]) -> bool:
    """Whether the first of ``cuts`` killed it; then all that was promised is held."""
    shutil.copytree(stamped, root, symlinks=True)
    old = identity(root)
    if not killed_at(cuts[0], root):
        return False
    for line in cuts[1:]:
        killed_at(line, root)
    told = identity(root)
    first_boot(root)
    require_whole(root, stamped)
    if told != old:  # what was said once of the station stays true
        assert identity(root) == told
    shutil.rmtree(root)
    return True


def test_killed_anywhere_the_next_start_takes_in_all_of_it(stamped: Path, memory: Path) -> None:
    line = 0
    while cut_and_go_on(stamped, memory / str(line), [line]):
        line += STEP
    require_whole(memory / str(line), stamped)  # this one ran to its end
    assert line > 150


def test_killed_again_and_again_it_still_comes_to_its_end(stamped: Path, memory: Path) -> None:
    chance = random.Random(4)
    for turn in range(100 // STEP):
        cuts = [chance.randrange(150) for _ in range(4)]
        assert cut_and_go_on(stamped, memory / str(turn), cuts)
