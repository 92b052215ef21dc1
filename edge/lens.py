"""Where a station's bursts come from: a watched folder, or a lens with sensors of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from edge.capture.folder import FolderSource
from edge.capture.source import BurstSource
from edge.config import StationConfig
from edge.errors import ConfigError, IrbisError
from edge.health.clock import ClockState, system_clock
from edge.health.progress import Patience
from edge.health.selftest_camera import NO_CAMERA, Looking
from edge.records import ClockQuality
from edge.spool.ledger import Ledger

if TYPE_CHECKING:
    from edge.capture.handover import Glanced
    from edge.capture.light.lit_camera import LitCamera
    from edge.capture.trigger.pushed import ManualTrigger
    from edge.capture.triggered import TriggeredSource
    from edge.health.controller_events import Sensed
    from edge.health.lamp_night import LampNight
    from edge.vision.decode import Pixels

Start = Callable[[str, Callable[[], bool], Patience], None]
"""Repeat a step in a loop of its own: its name, and how patient a watchdog is with it."""

_OPENING_S = 120.0
"""The longest that a driver was seen to take for opening a camera, many times over."""
_ALARMS = Patience(silent_s=600.0)
"""Two transactions, behind those of all others."""


class Lens:
    """``source`` and what belongs to it; for a folder, or a source of somebody else's, nothing."""

    def __init__(self, source: BurstSource) -> None:
        self.source = source

    def arm(self, start: Start, ledger: Ledger) -> None:
        """Take the sensors, so that what fires from now on is heard, and keep watch."""

    def keep_time_by(self, clock: Callable[[], ClockState]) -> None:
        """Time bursts by ``clock`` from now on, rather than by the system's."""

    def show_glances(self, glanced: Glanced) -> None:
        """Tell ``glanced`` of the small pictures of bursts from now on."""

    def sensed(self, event: Sensed) -> None:
        """The controller saw something. From any thread."""

    def test_shot(self) -> bool:
        """Have a burst taken, as if somebody had passed; whether there is a lens that can."""
        return False

    @property
    def looking(self) -> Looking | None:
        """Whom the self-test asks for a picture; None where another program takes them."""
        return None

    def leave(self) -> None:
        """The station stops: nobody waits for a picture any more. From any thread."""

    @property
    def busy(self) -> bool:
        """Whether a burst is being taken, waits to be stored, or is about to begin."""
        return False

    @property
    def rests_s(self) -> float:
        """For how long nothing that fires will get a burst, as its sensors storm; else 0."""
        return 0.0

    @property
    def looks_again(self) -> bool:
        """Whether a second look is still to come, and afforded."""
        return False

    def look_again_while(self, afforded: Callable[[], bool]) -> None:
        """Take second looks only while the battery affords them."""

    def counters(self) -> Mapping[str, int]:
        """What became of all that fired, since the start."""
        return {}

    def end(self, store: Callable[[], bool]) -> None:
        """Bring in the burst that is being taken, by way of ``store``, which stores one. Once the
        loops have ended."""


class OwnLens(Lens):
    """A lens with sensors: what ``[capture]`` of ``config`` names. Raises ConfigError."""

    def __init__(self, config: StationConfig, tell: Callable[[str], None]) -> None:
        from edge.capture.building import camera_of, sensors_of, terms_of
        from edge.capture.camera.lasting import LastingCamera, LastingTerms
        from edge.capture.light.building import is_day, level_now, lit
        from edge.capture.light_levels import Lights
        from edge.capture.trigger.pushed import ManualTrigger
        from edge.capture.triggered import TriggeredSource
        from edge.health.elapsed import Elapsed
        from edge.health.lamp_night import LampNight
        from edge.health.memory_file import MemoryFile
        from edge.storm_memory import StormMemory

        capture = config.capture
        self._clock: Callable[[], ClockState] = system_clock
        self._silent_s = capture.silent_s
        self._button: ManualTrigger = ManualTrigger()
        sensors, self._controller = sensors_of(capture, lambda: self._clock().now())
        if self._controller and config.controller is None:
            raise ConfigError('[capture] triggers: kind = "controller" needs a [controller]')
        self._lit: LitCamera = lit(camera_of(capture), capture.light, self._now)
        self._is_day: Callable[[], bool | None] = lambda: is_day(capture.light, self._now)
        camera = LastingCamera(self._lit, LastingTerms(capture.silent_s))
        memory = MemoryFile(config.spool.path.parent / "exposures")
        lights = Lights(memory, lambda: level_now(capture.light, self._now))
        self._own: TriggeredSource = TriggeredSource(
            sensors, self._button, camera, terms_of(capture), self._now, lights, tell
        )
        super().__init__(self._own)
        kept = MemoryFile(config.spool.path.parent / "storms")
        elapsed = Elapsed(lambda: self._clock())
        self._storms = StormMemory(self._own, kept, elapsed)
        self._night: LampNight | None = None
        if self._lit.lamp is not None:
            lamp, burnt = self._lit.lamp, MemoryFile(config.spool.path.parent / "lamp")
            self._night = LampNight(lamp, lamp.terms.most_j_a_night, burnt, elapsed)

    def arm(self, start: Start, ledger: Ledger) -> None:
        from edge.capture.alarms import AlarmStage

        if self._night is not None:
            self._night.restore()
        self._storms.restore()
        self._own.arm()
        start("lens", self._watch, Patience(silent_s=self._silent_s + _OPENING_S))
        alarms = AlarmStage(self._alarms, ledger)
        start("lens-alarms", lambda: alarms.step() or self._keep(), _ALARMS)

    def keep_time_by(self, clock: Callable[[], ClockState]) -> None:
        self._clock = clock

    def show_glances(self, glanced: Glanced) -> None:
        self._own.waiting.glanced = glanced

    def sensed(self, event: Sensed) -> None:
        from edge.health.controller_events import SensedKind
        from firmware_bridge.mcu import WakeEvent, WakeReason

        if event.kind is SensedKind.PIR:
            for trigger in self._controller:
                trigger.heard(event.at, event.clock, event.at_s)
        elif isinstance(event.event, WakeEvent) and event.event.reason is WakeReason.BUTTON:
            self._button.fire()

    def test_shot(self) -> bool:
        self._button.fire()
        return True

    @property
    def looking(self) -> Looking | None:
        return self

    def leave(self) -> None:
        self._own.leave()

    def blindness(self) -> tuple[str, str] | None:
        """See Looking."""
        from edge.capture.triggered import NoSensor

        why = self._own.blindness
        if why is None:
            return None
        return str(why), "sensor-failed" if isinstance(why, NoSensor) else NO_CAMERA

    def picture(self, wait_s: float) -> Pixels | None:
        """See Looking. Raises PictureUnreadable."""
        from edge.vision.decode import decode

        shot = self._own.picture(wait_s)
        if shot is None:
            return None
        return decode(shot.frame.data, 640).pixels if shot.glance is None else shot.glance.pixels

    def daylight(self) -> bool | None:
        """See Looking."""
        return self._is_day()

    @property
    def busy(self) -> bool:
        return self._own.busy

    @property
    def rests_s(self) -> float:
        return self._own.rests_s

    @property
    def looks_again(self) -> bool:
        return self._own.looks_again

    def look_again_while(self, afforded: Callable[[], bool]) -> None:
        self._own.look_again_while(afforded)

    def counters(self) -> Mapping[str, int]:
        return {**self._own.counters(), **self._lit.counters()}

    def end(self, store: Callable[[], bool]) -> None:
        self._own.end()
        self._storms.keep()
        if self._night is not None:
            self._night.keep(at_end=True)
        with suppress(IrbisError):  # a full card
            for _ in range(2):  # the first may find no room, and only make it
                while store():
                    continue

    def _watch(self) -> bool:
        self._storms.recall()
        return self._own.step()

    def _keep(self) -> bool:
        burnt = self._night is not None and self._night.keep()
        return self._own.keep() or burnt

    def _alarms(self) -> Mapping[str, str]:
        return {**self._own.alarms(), **self._lit.alarms()}

    def _now(self) -> tuple[datetime, ClockQuality]:
        state = self._clock()
        return state.now(), state.quality


def open_lens(config: StationConfig, tell: Callable[[str], None]) -> Lens:
    """What ``[capture]`` names; no hardware is taken before it is armed. ``tell`` hears what a
    person may want to know. Raises ConfigError."""
    capture = config.capture
    if capture.camera != "folder":
        return OwnLens(config, tell)
    if capture.path is None:
        raise ConfigError("[capture] path: name the folder to watch")
    if not capture.path.is_dir():
        raise ConfigError(f"[capture] path: {capture.path} is not a folder; make it first")
    return Lens(FolderSource(capture.path, capture.settle_s, capture.poll_s, capture.consume))
