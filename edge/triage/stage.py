"""The triage stage: takes the oldest unjudged burst, judges it, and commits what follows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from edge.config import Triage
from edge.listener import Listener
from edge.records import (
    ClockQuality,
    FrameJudgement,
    Judgement,
    ObservationType,
    SinceBoot,
    Verdict,
    Vitals,
)
from edge.spool.errors import SpoolFull
from edge.spool.items import CapturedBurst, NewsItem, RadioCrop, Settlement
from edge.spool.spool import Spool
from edge.triage.archive import archive
from edge.triage.attempts import MAX_ATTEMPTS, Attempts
from edge.triage.dispatch import outbox_items
from edge.triage.glances import Glances
from edge.triage.outcome import Outcome, decide
from edge.triage.restraint import UNRESTRAINED, Restraint
from edge.wire.sealing import Identity

if TYPE_CHECKING:
    from edge.triage.telling import Telling
    from edge.vision.background import Background
    from edge.vision.eyes import Eyes
    from edge.vision.first_look import Onlooker

Answer = TypeVar("Answer")

RETRY_S = 600.0
"""How often what is missing of the eyes is looked for: loading takes seconds."""


class TriageStage:
    """Judges bursts one at a time. ``open_eyes`` is called at the first, when the station is armed
    already; loading models must not keep the sensor waiting."""

    def __init__(
        self,
        spool: Spool,
        open_eyes: Callable[[], Eyes],
        policy: Triage,
        identity: Identity,
        attempts: Attempts,
        listener: Listener,
        read_vitals: Callable[[], Vitals],
        descriptor_max_bytes: int,
        telling: Telling | None = None,
        now: Callable[[], float] = time.monotonic,
        restraint: Restraint = UNRESTRAINED,
        since_boot: Callable[[datetime, ClockQuality], SinceBoot | None] = lambda *_: None,
        onlooker: Onlooker | None = None,
        glances: Glances | None = None,
    ) -> None:
        self._spool = spool
        self._open_eyes = open_eyes
        self._eyes: Eyes | None = None
        self._background: Background | None = None
        self._policy = policy
        self._identity = identity
        self._attempts = attempts
        self._listener = listener
        self._read_vitals = read_vitals
        self._descriptor_max_bytes = descriptor_max_bytes
        self._telling = telling
        self._now = now
        self._restraint, self._since_boot = restraint, since_boot
        self._onlooker, self._glances = onlooker, glances or Glances()
        self._look_again_at = 0.0
        self._last_trouble = ""
        self._unsettled: tuple[Settlement, Judgement, Outcome] | None = None
        self._looking = threading.Lock()
        self._door = threading.Lock()
        self._is_held = self._is_in_work = self._has_looked = False

    def hold(self, held: bool) -> None:
        """Finish the burst in work, and take no other; or go on. From any thread. The first burst
        that eyes look at is taken all the same: held at every start, one would wait for ever."""
        with self._door:
            self._is_held = held

    @property
    def busy(self) -> bool:
        """Whether a burst is in work, or is the first and about to be; from any thread."""
        with self._door:
            if self._is_in_work or self._has_looked:
                return self._is_in_work
        return self._spool.unjudged() > 0

    @property
    def eyes(self) -> Eyes | None:
        """What judges; None before the first burst."""
        return self._eyes

    def between_bursts(self, ask: Callable[[Eyes], Answer], wait_s: float) -> Answer | None:
        """What ``ask`` makes of the eyes that judge here, while they judge nothing; None where they
        were at work for ``wait_s``. Loads them where nothing was judged yet. From any thread."""
        if not self._looking.acquire(timeout=wait_s):
            return None
        try:
            return ask(self._loaded_eyes())
        finally:
            self._looking.release()

    def step(self) -> bool:
        """Judge and settle at most one burst; whether there was one."""
        with self._door:
            if self._is_held and self._has_looked and self._unsettled is None:
                return False
            self._is_in_work = True
        try:
            with self._looking:
                return self._settled()
        finally:
            with self._door:
                self._is_in_work = self._unsettled is not None

    def _settled(self) -> bool:
        try:
            if self._unsettled is None:
                if self._restraint.rests():
                    return False
                started = time.perf_counter()
                burst = self._spool.next_captured()
                if burst is None:
                    return False
                open_ms = (time.perf_counter() - started) * 1000
                self._unsettled = self._judged(burst, open_ms)
                self._restraint.worked(time.perf_counter() - started)
            settlement, judgement, outcome = self._unsettled
            self._spool.settle(settlement)
        except SpoolFull:
            # What was judged stays in hand; acknowledgements or the reserve make room for it.
            self._spool.room.rescue()
            return False
        self._unsettled = None
        self._attempts.end()
        self._listener.settled(
            settlement.burst_id, judgement, outcome.keep, outcome.audited, len(settlement.items)
        )
        return True

    def _judged(
        self, burst: CapturedBurst, open_ms: float
    ) -> tuple[Settlement, Judgement, Outcome]:
        judgement = self._judge(burst)
        timings = replace(judgement.timings_ms, spool=burst.admit_ms + open_ms)
        judgement = replace(judgement, timings_ms=timings)
        outcome = decide(
            burst,
            judgement,
            self._identity.station,
            self._read_vitals(),
            self._policy.audit_share,
            self._policy.send_unknown,
            self._policy.send_audits,
            self._descriptor_max_bytes,
        )
        if outcome.sighting is not None:
            since_boot = self._since_boot(burst.captured_at, burst.clock)
            sighting = replace(outcome.sighting, since_boot=since_boot)
            outcome = replace(outcome, sighting=sighting)
        settlement = Settlement(
            burst_id=burst.burst_id,
            judgement=archive(judgement, outcome.audited),
            keep=outcome.keep,
            gives_way=outcome.gives_way,
            items=tuple(outbox_items(burst.burst_id, outcome, self._identity)),
            counts=_counts(judgement, outcome),
            news=self._news(outcome),
            radio_crops=self._radio_crops(burst.burst_id, outcome),
        )
        return settlement, judgement, outcome

    def _news(self, outcome: Outcome) -> tuple[NewsItem, ...]:
        if self._telling is None or outcome.sighting is None:
            return ()
        catalogue = None if self._eyes is None else self._eyes.catalogue
        known = None if catalogue is None else catalogue.individuals
        return (self._telling.news(outcome.sighting, known),)

    def _radio_crops(self, burst_id: str, outcome: Outcome) -> tuple[RadioCrop, ...]:
        """The best picture once more, for a radio. What goes wrong costs this rendition alone."""
        if self._telling is None or not self._telling.crop_bytes or not outcome.crops:
            return ()
        from edge.triage.rendition import radio_crop

        best, most_bytes = outcome.crops[0], self._telling.crop_bytes
        try:
            return (radio_crop(burst_id, best, 0, most_bytes, self._identity.basecamp),)
        except Exception as error:  # whatever it is, the verdict must not be lost with it
            why = f"no picture for the radio: {error or type(error).__name__}"
            if why != self._last_trouble:
                self._last_trouble = why
                self._listener.trouble(why)
            return ()

    def _judge(self, burst: CapturedBurst) -> Judgement:
        glances = self._glances.take(burst.burst_id)
        if burst.frames is None:
            return _unjudged(burst, burst.unreadable or "the evidence cannot be opened")
        self._has_looked = True
        eyes = self._loaded_eyes()
        if self._attempts.begin(burst.burst_id) > MAX_ATTEMPTS:
            return _unjudged(burst, f"judging it ended the process {MAX_ATTEMPTS} times")
        # Deferred: numpy takes as long to import as arming takes in all.
        from edge.vision.background import Background
        from edge.vision.triage import judge

        if self._background is None and self._policy.learn_background:
            self._background = Background()
        try:
            return judge(
                [frame.data for frame in burst.frames],
                eyes,
                self._policy,
                background=self._background,
                faults=[frame.fault for frame in burst.frames],
                describing=self._descriptor_max_bytes > 0,
                looking_twice=self._restraint.second_looks,
                onlooker=self._onlooker,
                glances=glances,
            )
        except Exception as error:  # whatever it is, the bursts behind this one are waiting
            return _unjudged(burst, f"judging failed: {error or type(error).__name__}")

    def _loaded_eyes(self) -> Eyes:
        """The eyes; those that could not open whole are tried again after a while, for a want of
        memory passes, and a file may be delivered."""
        if self._eyes is None or (_ailing(self._eyes) and self._now() >= self._look_again_at):
            eyes = self._open_eyes()
            self._tell("blind", eyes.blindness, "everything is kept")
            self._tell("models", eyes.lacking, "less is seen")
            self._tell("catalogue", eyes.forgotten, "sightings name nobody")
            self._eyes = eyes  # not before it is told: a full card may refuse the alarm
            self._look_again_at = self._now() + RETRY_S
        return self._eyes

    def _tell(self, alarm: str, why: str | None, what: str) -> None:
        if why is None:
            self._spool.ledger.clear_alarm(alarm)
            return
        self._spool.ledger.raise_alarm(alarm, why)
        self._listener.trouble(f"{what}: {why}")


def _ailing(eyes: Eyes) -> bool:
    return any((eyes.blindness, eyes.lacking, eyes.forgotten))


def _unjudged(burst: CapturedBurst, why: str) -> Judgement:
    """The judgement on a burst that nobody here can judge."""
    verdict = Verdict(
        observation_type=ObservationType.UNKNOWN,
        target=False,
        target_score=0.0,
        species=(),
        count=0,
        reason=f"kept unjudged: {why}",
        doubts=(why,),
        perhaps_target=True,
    )
    return Judgement(verdict, tuple(FrameJudgement(error=why) for _ in range(burst.frame_count)))


def _counts(judgement: Judgement, outcome: Outcome) -> dict[str, int]:
    kind = judgement.verdict.observation_type
    blank = kind is ObservationType.BLANK
    return {
        kind.value: 1,
        "target": int(judgement.verdict.target),
        "blank_dropped": int(blank and not outcome.keep),
        "blank_audited": int(outcome.audited),
        "blank_spared_looks": int(blank and judgement.spared_looks > 0),
        "frame_errors": sum(frame.error is not None for frame in judgement.frames),
    }
