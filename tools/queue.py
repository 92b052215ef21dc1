"""`irbis queue`: what waits to be sent; `irbis queue why ID`: why it waits, or goes next."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from edge.config import StationConfig, load_config
from edge.errors import IrbisError
from edge.security.bootkey import find_memory_dir
from edge.security.keys import BasecampToken
from edge.spool.errors import SpoolBusy
from edge.spool.spool import Spool
from edge.uplink.dispatcher import SHOWN
from edge.uplink.schedule.candidates import candidates
from edge.uplink.schedule.choose import Decision, Wait, choose
from edge.uplink.schedule.explain import Standing, standings
from edge.uplink.schedule.situation import Situation
from edge.uplink.schedule.snapshot import NoSnapshot, Snapshot, read_snapshot, snapshot_path
from edge.uplink.schedule.wording import amount, duration, size

_SHOWN = 20
_AHEAD_SHOWN = 3
_MOST_ITEMS = 2000


class NoSuchItem(IrbisError, KeyError):
    """No item that waits has this id, or several have."""

    __str__ = IrbisError.__str__  # KeyError shows its argument as Python would write it


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        nargs="?",
        choices=("list", "why"),
        default="list",
        help="list what waits (the default), or tell why an item does",
    )
    parser.add_argument(
        "item",
        nargs="?",
        metavar="ID",
        help="for why: the beginning of an item's or a burst's id; absent: the item that goes next",
    )
    parser.add_argument(
        "--config",
        type=Path,
        default=Path("station.toml"),
        help="the station's configuration (default: station.toml)",
    )
    parser.add_argument("--all", action="store_true", help=f"list more than {_SHOWN} items")
    parser.add_argument("--json", action="store_true", help="for programs")


def execute(args: argparse.Namespace) -> int:
    """Prints the queue, or one item's standing. Raises IrbisError."""
    if args.action == "list" and args.item is not None:
        raise NoSuchItem(f"list takes no id; ask: irbis queue why {args.item}")
    snapshot, running = _snapshot(load_config(args.config))
    outcome = choose(snapshot.situation)
    found = standings(snapshot.situation, outcome)
    if args.action == "why":
        standing = _named(found, args.item)
        _print_why(standing, found, snapshot, running, args.json)
    elif args.json:
        print(json.dumps(_list_json(snapshot, outcome, found), indent=1))
    else:
        _print_list(snapshot, outcome, found, running, len(found) if args.all else _SHOWN)
    return 0


def _snapshot(config: StationConfig) -> tuple[Snapshot, bool]:
    """What the station looked at last, and whether one left it; otherwise the outbox alone."""
    memory_dir = find_memory_dir(os.environ)
    if memory_dir is not None:
        try:
            return read_snapshot(snapshot_path(memory_dir, config.spool.path)), True
        except NoSnapshot as error:
            missing: NoSnapshot | None = error
    else:
        missing = None
    try:
        return _from_spool(config, memory_dir), False
    except SpoolBusy:
        raise NoSnapshot(
            f"the station runs, but {missing or 'this machine has no memory to leave it in'}"
        ) from None


def _from_spool(config: StationConfig, memory_dir: Path | None) -> Snapshot:
    """The outbox of a station that does not run: in its order, with no link known."""
    path = config.spool.path
    if not (path / "spool.db").exists() or config.station.basecamp is None:
        raise NoSnapshot(f"{path}: no spool; has this station ever run? See [spool] path")
    recipient = BasecampToken.parse(config.station.basecamp).seal
    with Spool(path, recipient, memory_dir=memory_dir) as spool:
        items = spool.queue.heads(_MOST_ITEMS, 0)
    now = datetime.now(UTC)
    return Snapshot(now, Situation(0.0, tuple(candidates(items, now, 0.0)), ()))


def _named(found: Sequence[Standing], name: str | None) -> Standing:
    if not found:
        raise NoSuchItem("nothing waits to be sent")
    if name is None:
        return found[0]
    wanted = name.lower()
    items = [one for one in found if one.item_id.startswith(wanted)]
    of_burst = [one for one in found if one.burst_id and one.burst_id.startswith(wanted)]
    if len(items) > 1 or len({one.burst_id for one in of_burst}) > 1:
        raise NoSuchItem(f"{name}: several ids begin so; give more of it")
    if not items and not of_burst:
        if len(found) >= SHOWN:
            raise NoSuchItem(
                f"{name}: is not among the first {len(found)} items of a longer queue: it waits"
                " behind them, or was acknowledged, or never queued"
            )
        raise NoSuchItem(
            f"{name}: does not wait here: it was acknowledged, or never queued;"
            " irbis queue lists what waits"
        )
    return (items or of_burst)[0]


def _list_json(
    snapshot: Snapshot, outcome: Decision | Wait, found: Sequence[Standing]
) -> dict[str, object]:
    return {
        "taken_at": snapshot.taken_at.isoformat(),
        "wake_in_s": outcome.wake_in_s if isinstance(outcome, Wait) else 0.0,
        "items": [asdict(one) for one in found],
    }


def _print_list(
    snapshot: Snapshot,
    outcome: Decision | Wait,
    found: Sequence[Standing],
    running: bool,
    shown: int,
) -> None:
    if not found:
        print("nothing waits to be sent")
        return
    when = (
        f"as of {snapshot.taken_at:%Y-%m-%d %H:%M:%S} UTC"
        if running
        else ("the station does not run, so no link is known")
    )
    print(f"{len(found)} {'item waits' if len(found) == 1 else 'items wait'}; {when}\n")
    print(f"{'':>4}  {'item':<12}  {'what':<16}  {'size':>8}  {'waits':>11}  how")
    for one in found[:shown]:
        largest = max(one.sizes_bytes.values(), default=0)
        print(
            f"{one.place:>4}  {one.item_id[:12]}  {one.value_class:<16}  {size(largest):>8}"
            f"  {duration(one.waits_s) if running else '':>11}  {_brief(one.verdict)}"
        )
    if len(found) > shown:
        print(f"      and {len(found) - shown} more: irbis queue --all")
    if isinstance(outcome, Wait) and outcome.wake_in_s is not None:
        print(f"\nnothing can go now; the station looks again in {duration(outcome.wake_in_s)}")
    print("\nirbis queue why ITEM tells more")


def _brief(verdict: str) -> str:
    return verdict if len(verdict) <= 48 else verdict[:45] + "..."


def _print_why(
    standing: Standing, found: Sequence[Standing], snapshot: Snapshot, running: bool, as_json: bool
) -> None:
    if as_json:
        taken_at = snapshot.taken_at.isoformat()
        print(json.dumps({**asdict(standing), "of": len(found), "taken_at": taken_at}, indent=1))
        return
    sizes = ", ".join(f"{size(count)} by {form}" for form, count in standing.sizes_bytes.items())
    print(f"{standing.value_class} {standing.item_id}")
    if standing.burst_id:
        print(f"  burst     {standing.burst_id}")
    print(f"  size      {sizes or 'no form for any link'}")
    print(
        f"  age       {duration(standing.age_s)}, waits for {duration(standing.waits_s)}, "
        f"{standing.attempts} unanswered"
    )
    when = f", as of {snapshot.taken_at:%H:%M:%S} UTC" if running else ""
    print(f"  place     {standing.place} of {len(found)}{when}\n")
    print(f"{standing.verdict}\n")
    for over in standing.links:
        print(f"  {over.link:<10} {over.reason}")
        if over.can_go:
            print(
                f"  {'':<10} worth {over.points_per_byte:.3g} points a byte,"
                f" arrives with {over.chance:.0%}"
            )
    _print_ahead(standing, found)
    _print_budgets(snapshot.situation)


def _print_ahead(standing: Standing, found: Sequence[Standing]) -> None:
    if not standing.ahead:
        return
    names = {one.item_id: one for one in found}
    print("\nbefore it:")
    for item_id in standing.ahead[:_AHEAD_SHOWN]:
        print(f"  {item_id[:12]}  {names[item_id].value_class}")
    if standing.ahead_count > _AHEAD_SHOWN:
        print(f"  and {standing.ahead_count - _AHEAD_SHOWN} more")


def _print_budgets(situation: Situation) -> None:
    budgets = [(link.name, budget) for link in situation.links for budget in link.budgets]
    if situation.energy is not None:
        budgets.append(("all links", situation.energy))
    if budgets:
        print("\nleft now:")
    for name, budget in budgets:
        print(
            f"  {name:<10} {budget.name}: {amount(budget.resource, budget.left)} of"
            f" {amount(budget.resource, budget.limit)} in {duration(budget.window_s)},"
            f" {amount(budget.resource, budget.reserve)} of it for alerts alone"
        )
