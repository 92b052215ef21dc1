"""`irbis replay`: what it refuses, what it tells, and how it goes on."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from edge.errors import IrbisError
from tests.kit.pictures import lay_card
from tests.kit.station import StationFolder, irbis
from tools.replay.bench_station import (
    TOKEN_FILE,
    SpoolUnfit,
    check_is_no_throwaway,
    throwaway_config,
)
from tools.replay.progress import Progress
from tools.replay.report import ReportError, build_report, check_place, target_lines, write_report


class TestReport:
    @pytest.mark.parametrize(
        ("place", "complaint"),
        [("absent/report.json", "there is no folder"), ("", "is a folder; name a file")],
    )
    def test_a_place_that_cannot_take_it_is_refused(self, place, complaint, tmp_path):
        with pytest.raises(ReportError, match=complaint):
            check_place(tmp_path / place)

    def test_a_file_in_a_folder_can_take_it(self, tmp_path):
        check_place(tmp_path / "report.json")

    def test_it_is_refused_before_anything_starts(self, tmp_path):
        card = lay_card(tmp_path / "card", 1)
        spool, place = tmp_path / "spool", tmp_path / "absent" / "report.json"
        run = irbis("replay", str(card), "--spool", str(spool), "--report", str(place))
        assert run.returncode == 1
        assert "there is no folder" in run.stderr
        assert not spool.exists()

    @pytest.mark.parametrize("complete", [True, False])
    def test_it_says_whether_it_is_complete(self, complete):
        assert build_report([], {}, complete)["summary"]["complete"] is complete

    def test_the_target_bursts_are_named_up_to_twenty(self):
        bursts = [{"burst": f"{n:02}", "target": n > 0} for n in range(24)]
        lines = list(target_lines({"bursts": bursts}))
        assert lines[:2] == ["target bursts:", "  01"]
        assert lines[-2:] == ["  20", "  ... and 3 more"]
        assert list(target_lines({"bursts": bursts[:1]})) == []

    def test_a_full_card_leaves_no_partial_report(self, tmp_path):
        (tmp_path / "report.json").mkdir()
        with pytest.raises(ReportError, match="cannot be written"):
            write_report({}, tmp_path / "report.json")
        assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


class TestThrowawayKey:
    def test_a_kept_spool_keeps_its_public_half(self, tmp_path):
        tokens = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            config = throwaway_config(tmp_path / name, tmp_path / "spool")
            assert config.spool.path == tmp_path / "spool"
            tokens.append(config.station.basecamp)
        assert tokens[0] == tokens[1]
        assert [path.name for path in (tmp_path / "spool").iterdir()] == [TOKEN_FILE]

    def test_without_a_kept_spool_each_replay_has_its_own(self, tmp_path):
        tokens = set()
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            tokens.add(throwaway_config(tmp_path / name).station.basecamp)
        assert len(tokens) == 2

    def test_a_damaged_token_is_refused_not_replaced(self, tmp_path):
        token = tmp_path / TOKEN_FILE
        token.write_bytes(b"irbis-basecamp-1:\xff")
        with pytest.raises(IrbisError):
            throwaway_config(tmp_path, tmp_path)
        assert token.read_bytes() == b"irbis-basecamp-1:\xff"

    def test_a_place_that_can_be_no_spool_is_told_in_one_line(self, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(SpoolUnfit, match="cannot be written"):
            throwaway_config(tmp_path, tmp_path / "file" / "spool")

    def test_a_station_s_spool_is_none_and_a_desk_s_spool_is_refused_to_a_station(self, tmp_path):
        check_is_no_throwaway(tmp_path)
        throwaway_config(tmp_path, tmp_path)
        with pytest.raises(SpoolUnfit, match="name another --spool"):
            check_is_no_throwaway(tmp_path)


def test_a_replay_goes_on_in_its_spool_and_a_station_does_not_take_it_over(
    tmp_path: Path, make_station
) -> None:
    card, spool = lay_card(tmp_path / "card", 2), tmp_path / "spool"
    report = tmp_path / "report.json"
    for _ in range(2):
        run = irbis("replay", str(card), "--spool", str(spool), "--report", str(report))
        assert run.returncode == 0, run.stderr
        assert "stopped at" not in run.stderr
        summary = json.loads(report.read_text())["summary"]
        assert (summary["bursts"], summary["complete"]) == (2, True)
    station: StationFolder = make_station()
    refused = station.replay(card, options=("--spool", str(spool)))
    assert refused.code == 1
    assert "was begun without --config" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("kept", [True, False], ids=["--spool", "no --spool"])
def test_an_interrupted_replay_writes_what_it_has_and_says_how_to_go_on(
    kept: bool, tmp_path: Path
) -> None:
    card, report = lay_card(tmp_path / "card", 40), tmp_path / "report.json"
    spool = ("--spool", str(tmp_path / "spool")) if kept else ()
    command = ["-m", "tools.cli", "replay", str(card), "--report", str(report), *spool]
    process = subprocess.Popen([sys.executable, *command], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert "no --config" in process.stderr.readline()
    wait_for_handler(process.pid)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 130
    assert json.loads(report.read_text())["summary"]["complete"] is False
    way_on = "run again with the same --spool" if kept else "add --spool to be able to go on"
    assert f"of 40 bursts; {way_on}" in told


def wait_for_handler(pid: int) -> None:
    """Until the process takes SIGTERM itself: Python takes SIGINT from the beginning."""
    mask = 1 << (signal.SIGTERM - 1)
    while not mask & int(caught_signals(pid), 16):
        time.sleep(0.005)


def caught_signals(pid: int) -> str:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))


def test_little_patience_ends_no_replay_that_is_still_judging(tmp_path: Path) -> None:
    run = irbis("replay", str(lay_card(tmp_path / "card", 2)), "--patience", "0.01", "--json")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["bursts"] == 2


def test_without_a_report_it_says_that_nothing_is_written(tmp_path: Path) -> None:
    run = irbis("replay", str(lay_card(tmp_path / "card", 1)))
    assert run.returncode == 0, run.stderr
    assert "nothing is written without --report" in run.stderr


def test_lines_told_from_several_threads_stay_whole() -> None:
    stream = io.StringIO()
    progress = Progress(3, stream)

    def tell() -> None:
        for _ in range(200):
            progress.say("a whole line")

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stream.getvalue() == "a whole line\n" * 800
