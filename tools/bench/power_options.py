"""The site and the station that `irbis bench power` is asked about."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields

from edge.health.energy_boards import BOARDS, CONTROLLER_W, CONVERTER, LINKS
from edge.health.energy_draw import Draw, Pace
from edge.health.power_battery import Chemistry


@dataclass(frozen=True, slots=True)
class Site:
    """Battery, sun and traffic of a place. ``battery_wh`` as written on it; ``floor`` of what the
    cold leaves must stay in it; ``sun_hours`` as if at full sun, of which ``charged`` arrives in
    the battery; ``night_h`` without any. ``measured`` are fields of ``Draw`` and ``Pace`` that are
    known, in place of those assumed."""

    battery_wh: float = 100.0
    chemistry: Chemistry = Chemistry.LI_ION
    celsius: float = 0.0
    panel_w: float = 10.0
    sun_hours: float = 2.0
    events: float = 30.0
    target_share: float = 0.05
    heartbeats: float = 4.0
    link: str = "lorawan"
    controller_w: float = CONTROLLER_W
    lamp_w: float = 0.0
    converter: float = CONVERTER
    charged: float = 0.7
    floor: float = 0.2
    night_h: float = 16.0
    measured: Mapping[str, float] = field(default_factory=dict)


_DEFAULT = Site()
_MEASURABLE = {part.name for kind in (Draw, Pace) for part in fields(kind)}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options; none has a default of its own, so that ``site`` tells which were given."""
    group = parser.add_argument_group("power: the site")

    def add(name: str, help: str, parse: Callable[[str], object] | None = None) -> None:
        default = getattr(_DEFAULT, name)
        group.add_argument(
            "--" + name.replace("_", "-"),
            type=parse or _from_0_to(100_000),
            help=f"{help}; default: {default:g}",
        )

    add("battery_wh", "Wh, as written on the battery", _positive)
    group.add_argument(
        "--chemistry",
        choices=[str(kind) for kind in Chemistry],
        help=f"of the battery; default: {_DEFAULT.chemistry}",
    )
    add("celsius", "of the battery, in degrees", _within(-60, 90))
    add("panel_w", "watts of the panel; 0: no sun")
    add("sun_hours", "hours a day, as if at full sun", _from_0_to(24))
    add("events", "triggers a day")
    add("target_share", "of the events, 0 to 1", _from_0_to(1))
    add("heartbeats", "a day")
    group.add_argument("--link", choices=sorted(LINKS), help=f"default: {_DEFAULT.link}")
    add("controller_w", "watts of controller and motion sensor, at all times")
    add("lamp_w", "watts of the lamp, while pictures are taken")
    group.add_argument("--board", choices=list(BOARDS), help="this one alone; default: all")
    group.add_argument(
        "--measured",
        type=_measurement,
        action="append",
        metavar="NAME=NUMBER",
        help="what your board takes, in place of what is assumed: watts at its input (armed_w=0.5),"
        f" seconds (boot_s=9); any of {', '.join(sorted(_MEASURABLE))}",
    )


def site(args: argparse.Namespace) -> Site:
    """As asked for, and the defaults where nothing was."""
    given = {name: getattr(args, name, None) for name in Site.__dataclass_fields__}
    known = {name: value for name, value in given.items() if value is not None}
    if "chemistry" in known:
        known["chemistry"] = Chemistry(known["chemistry"])
    if "measured" in known:
        known["measured"] = dict(known["measured"])
    return Site(**known)


def _measurement(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    if name not in _MEASURABLE:
        raise argparse.ArgumentTypeError(
            f"{text} is not NAME=NUMBER with one of these names: {', '.join(sorted(_MEASURABLE))}"
        )
    return name, _from_0_to(100_000)(number)


def _within(least: float, most: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text} is not a number") from None
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not within {least:g} and {most:g}")
        return value

    return parse


def _from_0_to(most: float) -> Callable[[str], float]:
    return _within(0, most)


def _positive(text: str) -> float:
    value = _from_0_to(1_000_000)(text)
    if not value:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value
