"""`irbis bench` measures what it says; no test here depends on how fast a machine is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edge.records import ItemKind
from edge.spool.database import Database
from edge.spool.outbox import Outbox
from edge.vision.decode import Pixels
from edge.vision.interpreter import Network
from tools.bench import bursts, glances, judging, pictures, spooling, starting
from tools.bench.command import Effort, measure
from tools.bench.errors import BenchError
from tools.bench.pairs import interleaved, ratio_of
from tools.bench.report import as_json, table
from tools.bench.result import Result

LEAST = Effort(triage=1, frames_a_kind=1, decode=1, starts=1, camera_frames=1, puts=2, takes=1)
NUMBERS = (
    "triage_ratio",
    "burst_cat_ratio",
    "burst_blank_ratio",
    "decode_share",
    "cold_start_ratio",
    "peak_rss_mb",
    "spool_put_per_s",
)
GLANCES = ("glance_frame_ratio", "glance_blank_ratio", "glance_animal_ratio")


def test_everything_is_measured_once_and_comes_with_what_is_needed_to_judge_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One test, and as little effort as possible: measuring is what takes long here."""
    monkeypatch.setitem(glances.SIZES_PX, "12 MP", (1224, 918))
    monkeypatch.setattr(pictures, "CAMERA_SIZE_PX", (1632, 1224))
    results, words = measure(LEAST, lambda what: None)
    report = json.loads(json.dumps(as_json(results, words, quick=True)))
    each_measure_is_one_positive_number(report)
    each_measure_has_a_rule_and_a_limit_or_none(report)
    judging_takes_its_invocations(report)
    the_frames_of_a_still_scene_are_spared_and_those_with_a_cat_are_not(report)
    queues_hold_as_many_items_as_they_are_named_for(report)
    a_person_sees_target_and_verdict_of_each(results, list(table(results, words)))


def each_measure_is_one_positive_number(report: dict[str, Any]) -> None:
    for name in NUMBERS:
        assert isinstance(report[name], float), name
        assert report[name] > 0, name


def each_measure_has_a_rule_and_a_limit_or_none(report: dict[str, Any]) -> None:
    for name in (*NUMBERS, "dequeue_ms", *GLANCES):
        target = report["targets"][name]
        assert target["rule"]
        assert isinstance(target["met"], bool) or target["limit"] is None
    assert report["targets"]["triage_ratio"]["limit"] == 1.15
    assert report["targets"]["cold_start_ratio"]["limit"] == 1.6
    assert report["targets"]["peak_rss_mb"]["limit"] == 260
    assert report["targets"]["burst_cat_ratio"]["limit"] == 2.2
    assert report["targets"]["burst_blank_ratio"]["limit"] == 1.5
    for name in GLANCES:
        assert set(report[name]) == {"2 MP", "12 MP"}


def judging_takes_its_invocations(report: dict[str, Any]) -> None:
    for example in report["details"]["triage_ratio"]["example"].values():
        assert example["detector_invocations"] == 1
        assert example["species_invocations"] >= 1


def the_frames_of_a_still_scene_are_spared_and_those_with_a_cat_are_not(
    report: dict[str, Any],
) -> None:
    assert min(report["details"]["burst_blank_ratio"]["spared"]) >= 1
    assert set(report["details"]["burst_cat_ratio"]["spared"]) == {0}


def queues_hold_as_many_items_as_they_are_named_for(report: dict[str, Any]) -> None:
    waiting = {"100": 100, "10000": 10_000, "100000": 100_000}
    assert report["details"]["dequeue_ms"]["items_waiting"] == waiting
    assert set(report["dequeue_ms"]) == set(waiting)
    assert all(ms > 0 for ms in report["dequeue_ms"].values())


def a_person_sees_target_and_verdict_of_each(results: list[Result], lines: list[str]) -> None:
    for result in results:
        line = next(line for line in lines if line.startswith(result.name))
        assert ("met" in line) or ("MISSED" in line) or ("none" in line)


def test_a_kind_of_burst_without_a_picture_is_not_measured() -> None:
    assert bursts.measure_bursts([], judging.open_models(), 1) == []


def test_retakes_are_the_same_scene_and_not_the_same_file() -> None:
    one, other = pictures.retakes(pictures.synthetic(1)[0], 2)
    assert one != other


def test_a_target_is_missed_by_any_of_several_numbers() -> None:
    assert Result("a", 1.0, "x", 1.0).met is True
    assert Result("a", {"1": 1.0, "2": 3.0}, "x", 2.0).met is False
    assert Result("a", {"1": 1.0, "2": 3.0}, "x", 2.0, judged=1.5).met is True
    assert Result("a", 1.0, "x").met is None


def test_things_compared_take_turns_and_nobody_is_always_first() -> None:
    said: list[str] = []
    times = interleaved([lambda: said.append("a"), lambda: said.append("b")], 3)
    assert "".join(said) == "abbaabba"
    assert [len(found) for found in times] == [3, 3]


def test_the_ratio_is_a_median_over_pairs() -> None:
    assert ratio_of([1.0, 2.0, 90.0], [1.0, 1.0, 30.0]) == 2.0


def test_the_invocations_of_a_frame_are_counted_and_the_interpreters_left_as_they_were() -> None:
    eyes = judging.open_models()
    detector, _ = judging._networks(eyes)
    before = detector._interpreter
    (sample, *_) = judging.choose(pictures.synthetic(1), eyes, most=1)
    assert sample.detector_runs == 1
    assert sample.species_runs >= 2
    assert detector._interpreter is before


def test_no_invocation_escapes_the_count(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    run = Network.run

    def counted(network: Network, image: Pixels) -> None:
        made.append(network)
        run(network, image)

    eyes = judging.open_models()
    monkeypatch.setattr(Network, "run", counted)
    for data in pictures.photographs()[:3]:
        made.clear()
        for sample in judging.choose([data], eyes, most=1):
            assert sample.detector_runs + sample.species_runs == len(made)
            assert len(sample.parts_runs) <= sample.species_runs


def test_frames_that_cannot_be_judged_are_not_measured() -> None:
    eyes = judging.open_models()
    whole = pictures.synthetic(1)[0]
    assert judging.choose([whole[: len(whole) // 2], b"no picture"], eyes, most=1) == []


def test_a_queue_is_filled_with_items_that_an_uplink_could_take(tmp_path: Path) -> None:
    spooling.measure_dequeue(tmp_path, repetitions=1, lengths=(7,))
    database = Database(tmp_path / "queue-7.db")
    items = Outbox(database).next_items(10)
    database.close()
    assert [item.kind for item in items] == [ItemKind.SIGHTING] * 7


def test_a_station_that_does_not_arm_is_an_error_that_says_why(tmp_path: Path) -> None:
    config = tmp_path / "station.toml"
    config.write_text('[station]\nid = "bench"\n')
    with pytest.raises(BenchError, match="does not arm"):
        starting._arm(config)


def test_synthetic_pictures_are_all_different() -> None:
    made = pictures.synthetic(3)
    assert len(set(made)) == 3
