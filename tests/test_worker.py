"""A worker outlives what goes wrong in its stage, says so once, and stops when asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from edge import worker as worker_module
from edge.errors import IrbisError
from edge.worker import Worker

PATIENCE_S = 30.0
"""Only a broken worker waits this long."""


class Script:
    """A step that plays one outcome after another, then idles; ``played`` is set at the end."""

    def __init__(self, *outcomes: bool | BaseException) -> None:
        self._outcomes = list(outcomes)
        self.steps = 0
        self.played = threading.Event()

    def __call__(self) -> bool:
        self.steps += 1
        if not self._outcomes:
            self.played.set()
            return False
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch) -> None:
    monkeypatch.setattr(worker_module, "IDLE_S", 0.001)
    monkeypatch.setattr(worker_module, "TROUBLE_S", 0.001)


@pytest.fixture
def play() -> Iterator[Callable[..., list[str]]]:
    """Runs a script in a worker to its end; what the worker told."""
    workers: list[Worker] = []

    def run(*outcomes: bool | BaseException) -> list[str]:
        told: list[str] = []
        script = Script(*outcomes)
        worker = Worker("triage", script, told.append)
        workers.append(worker)
        worker.start()
        assert script.played.wait(PATIENCE_S)
        worker.stop()
        return told

    yield run
    for worker in workers:
        worker.stop()


def test_work_and_idleness_are_not_worth_a_word(play):
    assert play(True, True, False, True) == []


@pytest.mark.parametrize(
    "error", [ValueError("odd"), OSError(5, "card"), MemoryError(), AssertionError("bug")]
)
def test_it_goes_on_after_any_exception_and_names_itself(play, error, caplog):
    told = play(True, error, True)
    assert told == [f"triage failed, and is tried again: {error!r}"]
    assert "Traceback" in caplog.text


def test_what_irbis_raises_on_purpose_is_told_in_its_own_words_without_a_traceback(play, caplog):
    assert play(IrbisError("the card is full; make room")) == ["the card is full; make room"]
    assert "Traceback" not in caplog.text


def test_the_same_trouble_is_told_once_however_often_it_comes(play):
    assert play(*[IrbisError("no room") for _ in range(5)]) == ["no room"]


def test_another_trouble_is_told_too(play):
    assert play(IrbisError("one"), IrbisError("two"), IrbisError("one")) == ["one", "two", "one"]


def test_trouble_that_comes_back_after_a_good_step_is_told_again(play):
    assert play(IrbisError("no room"), True, IrbisError("no room")) == ["no room", "no room"]


def test_it_ends_after_its_present_step_and_stop_waits_for_that():
    entered, may_go = threading.Event(), threading.Event()
    finished: list[bool] = []

    def step() -> bool:
        entered.set()
        assert may_go.wait(PATIENCE_S)
        finished.append(True)
        return True

    worker = Worker("capture", step, lambda text: None)
    worker.start()
    assert entered.wait(PATIENCE_S)
    stopping = threading.Thread(target=worker.stop)
    stopping.start()
    assert stopping.is_alive()
    may_go.set()
    stopping.join(PATIENCE_S)
    assert finished == [True]


def test_stop_cuts_a_pause_short(monkeypatch):
    monkeypatch.setattr(worker_module, "IDLE_S", 3600.0)
    script = Script()
    worker = Worker("uplink", script, lambda text: None)
    worker.start()
    assert script.played.wait(PATIENCE_S)
    worker.stop()
    assert script.steps == 1


def test_one_that_never_started_stops_at_once_and_stopping_twice_does_no_harm():
    script = Script()
    worker = Worker("uplink", script, lambda text: None)
    worker.stop()
    worker.stop()
    assert script.steps == 0


def test_no_thread_runs_before_start():
    script = Script()
    Worker("uplink", script, lambda text: None)
    assert script.steps == 0


def test_a_listener_that_fails_does_not_end_the_stage() -> None:
    steps = threading.Semaphore(0)

    def step() -> bool:
        steps.release()
        raise IrbisError("the card is slow")

    def gone(_: str) -> None:
        raise BrokenPipeError

    worker = Worker("stage", step, gone)
    worker.start()
    assert steps.acquire(timeout=20)
    assert steps.acquire(timeout=20)  # it was tried again
    worker.stop()


def test_an_error_that_no_repetition_mends_ends_the_worker_and_is_handed_on() -> None:
    class Broken(IrbisError):
        """Such an error."""

    ended: list[IrbisError] = []
    told: list[str] = []
    done = threading.Event()

    def step() -> bool:
        raise Broken("the database is damaged")

    def on_fatal(error: IrbisError) -> None:
        ended.append(error)
        done.set()

    worker = Worker("stage", step, told.append, (Broken,), on_fatal)
    worker.start()
    assert done.wait(timeout=20)
    worker.stop()
    assert [str(error) for error in ended] == ["the database is damaged"]
    assert told == []


class Told:
    """What a worker tells of its progress, in order."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def turned(self) -> None:
        self.words.append("turned")

    def failed(self) -> None:
        self.words.append("failed")

    def ended(self) -> None:
        self.words.append("ended")


def test_every_step_s_end_is_told_and_so_is_the_worker_s() -> None:
    told, script = Told(), Script(True, IrbisError("no room"), ValueError("odd"), True)
    worker = Worker("capture", script, lambda text: None, progress=told)
    worker.start()
    assert script.played.wait(PATIENCE_S)
    worker.stop()
    assert told.words[:4] == ["turned", "failed", "failed", "turned"]
    assert told.words[-1] == "ended"


def test_a_step_that_does_not_end_is_not_told_of() -> None:
    told, may_go, entered = Told(), threading.Event(), threading.Event()

    def step() -> bool:
        entered.set()
        assert may_go.wait(PATIENCE_S)
        return True

    worker = Worker("capture", step, lambda text: None, progress=told)
    worker.start()
    assert entered.wait(PATIENCE_S)
    assert told.words == []
    may_go.set()
    worker.stop()


def test_a_worker_that_a_fatal_error_ended_is_not_expected_to_go_on() -> None:
    told = Told()
    done = threading.Event()

    def step() -> bool:
        raise IrbisError("damaged")

    worker = Worker(
        "capture", step, lambda text: None, (IrbisError,), lambda error: done.set(), told
    )
    worker.start()
    assert done.wait(PATIENCE_S)
    worker.stop()
    assert told.words == ["ended"]


class Heard:
    """What a watchdog hears of a loop."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def turned(self) -> None:
        self.said.append("turned")

    def failed(self) -> None:
        self.said.append("failed")

    def ended(self) -> None:
        self.said.append("ended")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_loop_that_something_took_down_is_not_said_to_have_ended():
    """A library that calls sys.exit() ends its thread alone: the watchdog must miss it."""

    entered = threading.Event()

    def step() -> bool:
        entered.set()
        raise SystemExit(1)

    heard = Heard()
    worker = Worker("capture", step, lambda text: None, progress=heard)
    worker.start()
    assert entered.wait(PATIENCE_S)  # one that is stopped before its first step ends in order
    worker.stop()
    assert heard.said == []


def test_a_loop_that_was_stopped_or_gave_up_is_said_to_have_ended():
    def step() -> bool:
        raise IrbisError("damaged")

    heard = Heard()
    worker = Worker("capture", step, lambda _: None, (IrbisError,), lambda _: None, heard)
    worker.start()
    worker.stop()
    assert heard.said == ["ended"]


def test_one_that_has_little_to_do_looks_seldom_and_stops_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps, stepped = 0, threading.Event()

    def step() -> bool:
        nonlocal steps
        steps += 1
        stepped.set()
        return False

    monkeypatch.setattr(worker_module, "IDLE_S", 0.0)
    worker = Worker("status", step, lambda text: None, idle_s=3600.0)
    worker.start()
    assert stepped.wait(60)
    worker.stop()
    assert steps == 1
