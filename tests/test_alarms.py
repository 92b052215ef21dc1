"""Each alarm has one owner, and none stands for a part that the configuration names no more."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from edge.alarms import OWNERS, forget_others
from edge.capture.alarms import NAMES
from edge.health.lately import TEXTS
from edge.health.lens_history import Glass
from edge.health.selftest_picture import drawn
from edge.security.keys import BasecampKey
from edge.spool.card import CARD_FAILING
from edge.spool.spool import Spool
from edge.station import Station
from edge.uplink.modem_watch import NO_MODEM
from tests.basecamp.field import eventually
from tests.faults.lens import HeldLens, bursts_on, told_after_self_test, told_of
from tests.kit.pictures import jpeg
from tests.kit.station import Notes, StationFolder
from tests.station.test_lens import BUTTON, REPLAY
from tools.opening import OLD_CONFIG
from tools.slots.proving import COUNTED

MakeStation = Callable[..., StationFolder]
ROOT = Path(__file__).parents[1]
SELFTEST_PARTS = ("camera", "models", "radio", "keys", "spool", "room", "clock")
CHOSEN_WHILE_IT_RUNS = {
    "edge.capture.alarms": NAMES,
    "edge.health.lately": tuple(TEXTS),
    "edge.health.lens_watch": tuple(glass.value for glass in Glass),
    "edge.health.selftest_stage": tuple(f"selftest-{part}" for part in SELFTEST_PARTS),
    "edge.uplink.modem_watch": ("no-lorawan", "no-satellite", "no-notecard", NO_MODEM),
    "tools.opening": (),  # passes on what safe mode raised
    "tools.supervised": (OLD_CONFIG,),
}
"""The names that a module raises which are no constants where it does."""


def raised_in(file: Path) -> Iterator[str]:
    """The alarms that a module raises."""
    text = file.read_text(encoding="utf-8")
    if ".raise_alarm(" not in text:
        return
    module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
    tree = ast.parse(text)
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        for name in calls(function, "raise_alarm"):
            asked = [one.arg for one in function.args.args]
            if isinstance(name, ast.Name) and name.id in asked:
                for passed in calls(tree, function.name):
                    yield from names_of(passed, module)
            else:
                yield from names_of(name, module)


def calls(tree: ast.AST, method: str) -> Iterator[ast.expr]:
    """The first argument of each call of a method."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=name), args=[first, *_]) if name == method:
                yield first


def names_of(node: ast.expr, module: str) -> tuple[str, ...]:
    known: dict[str, Any] = vars(import_module(module))
    if isinstance(node, ast.Constant):
        return (str(node.value),)
    if isinstance(node, ast.Name) and node.id in known:
        return (str(known[node.id]),)
    assert module in CHOSEN_WHILE_IT_RUNS, f"{module}: which alarms is {ast.unparse(node)}?"
    return CHOSEN_WHILE_IT_RUNS[module]


def test_every_alarm_in_the_code_has_exactly_one_owner() -> None:
    files = [file for part in ("edge", "tools") for file in (ROOT / part).rglob("*.py")]
    raised = {name for file in files for name in raised_in(file)} | {CARD_FAILING}
    owned = Counter(name for owner in OWNERS for name in owner.alarms)
    assert {name: count for name, count in owned.items() if count > 1} == {}
    assert set(owned) == raised
    assert set(COUNTED) <= raised


def test_a_station_whose_configuration_was_changed_forgets_the_alarms_of_what_it_has_no_more(
    make_station: MakeStation, tmp_path: Path
) -> None:
    folder = make_station()
    everything = {name for owner in OWNERS for name in owner.alarms} | {"of-an-older-version"}
    with Station(folder.config, Notes(), HeldLens()).spool as spool:
        for name in everything - {CARD_FAILING}:
            spool.ledger.raise_alarm(name, "9999999 mV: it was so")
    notes, lens = Notes(), HeldLens()
    with Station(folder.config, notes, lens) as station:
        named = {name for owner in OWNERS if owner.is_named(folder.config) for name in owner.alarms}
        assert told_of(station) <= named
        pictures = tmp_path / "pictures"
        pictures.mkdir()
        (pictures / "1.jpg").write_bytes(jpeg(Image.fromarray(drawn(640, 480))))
        lens.see(bursts_on(pictures))
        eventually(lambda: len(notes.verdicts) == 1, "it judges")
        told_after_self_test(station)
        left = {"config-refused", "safe-mode", *TEXTS}  # the daemon's, and those of a time
        eventually(lambda: told_of(station) <= left, "each owner ends what is over")


SATELLITE = '[uplink.satellite]\nport = "/dev/ttyS9"'
CELLULAR = '[uplink.cellular]\napn = "internet"'


@pytest.mark.parametrize(
    ("named", "kept"),
    [
        ("", set()),
        ('[clock]\ngnss = "/dev/ttyS9"', {"gnss"}),
        ('[controller]\nport = "/dev/ttyS9"', {"controller", "battery-low"}),
        (SATELLITE, {"no-satellite", "radio-keys", "selftest-radio"}),
        (CELLULAR, {"no-modem", "data-budget", "selftest-radio"}),
        (f"[capture]\n{REPLAY}{BUTTON}".format(pictures="."), set(NAMES)),
    ],
)
def test_what_the_configuration_names_keeps_its_alarms(
    make_station: MakeStation, named: str, kept: set[str]
) -> None:
    folder = make_station("mqtt://localhost:1883")
    folder.config_path.write_text(folder.config_path.read_text() + named)
    always = {name for owner in OWNERS[:8] for name in owner.alarms}
    with Spool(folder.spool_path, BasecampKey.generate().token.seal) as spool:
        for owner in OWNERS:
            for name in owner.alarms:
                spool.ledger.raise_alarm(name, "it was so")
        forget_others(folder.config, spool.ledger)
        assert set(spool.ledger.alarms()) - always == kept
