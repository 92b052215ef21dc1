"""A card whose database goes bad: what it had promised still reaches basecamp, and only once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.basecamp.field import Broker
from tests.kit.camp import Camp
from tests.kit.card import disorder, evidence_ids, rows
from tests.kit.station import StationFolder

MakeStation = Callable[..., StationFolder]


def corrupt(database: Path) -> None:
    """Noise over everything behind the header."""
    size_bytes = database.stat().st_size
    with database.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size_bytes - 4096))


def test_a_replay_goes_on_after_its_database_was_damaged(
    make_station: MakeStation, broker: Broker, camp: Camp, card: Path
) -> None:
    folder = make_station(str(broker.address))
    with camp.serving(broker):
        first = folder.replay(card)
        held = evidence_ids(folder.spool_path)
        targets = {entry["burst_id"] for entry in first.report["bursts"] if entry["target"]}
        corrupt(folder.spool_path / "spool.db")
        second = folder.replay(card)

    assert second.code == 0, second.stderr
    assert second.summary["bursts"] == second.summary["frames"] == 6
    assert evidence_ids(folder.spool_path) >= held
    adopted = [entry for entry in second.report["bursts"] if entry["burst_id"] in held]
    assert {entry["observation_type"] for entry in adopted} == {"unknown"}
    assert all(frame["error"] for entry in adopted for frame in entry["frames"])
    assert disorder(folder.spool_path) == []
    ((alarm,),) = rows(folder.spool_path, "SELECT text FROM alarms")
    assert "damaged database was set aside" in alarm

    sighted = Counter(sighting.burst_id for sighting in camp.sightings(folder.id))
    assert set(sighted.values()) == {1}
    assert targets <= set(sighted)
    assert {s.burst_id for s in camp.sightings(folder.id) if s.target} == targets
    assert set(camp.evidence(folder.id)) == held


def test_a_damaged_database_before_anything_was_sent_costs_no_leopard(
    make_station: MakeStation, broker: Broker, camp: Camp, card: Path
) -> None:
    offline = make_station(None)
    first = offline.replay(card)
    targets = {entry["burst_id"] for entry in first.report["bursts"] if entry["target"]}
    corrupt(offline.spool_path / "spool.db")
    offline.config_path.write_text(
        offline.config_path.read_text().replace(
            "[uplink]", f'[uplink]\nbroker = "{broker.address}"'
        )
    )
    with camp.serving(broker):
        assert offline.replay(card).code == 0
    assert targets
    assert targets <= set(camp.evidence(offline.id))
