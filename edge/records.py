"""The nouns of Irbis: plain frozen records without behaviour.

Terms are those of Camtrap DP 1.0.2 wherever the standard has one (``observationType``, media,
event). Times are timezone-aware UTC. Boxes are normalised to the frame: ``x, y`` is the top-left
corner, ``w, h`` the size, all in 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ClockQuality(StrEnum):
    """Where the time of an event came from, best first."""

    GPS = "gps"
    NTP = "ntp"
    RTC = "rtc"
    UNSET = "unset"


class ObservationType(StrEnum):
    """Camtrap DP ``observationType``, the part of it that a trap can tell."""

    ANIMAL = "animal"
    HUMAN = "human"
    VEHICLE = "vehicle"
    BLANK = "blank"
    UNKNOWN = "unknown"


class Side(StrEnum):
    """The side of the animal that faces the camera."""

    LEFT = "left"
    RIGHT = "right"
    FRONT = "front"
    REAR = "rear"
    UNCLEAR = "unclear"


class Part(StrEnum):
    """What a crop shows."""

    FRAME = "frame"
    ANIMAL = "animal"
    FLANK = "flank"
    HEAD = "head"


class ItemKind(StrEnum):
    """What goes on air."""

    SIGHTING = "sighting"
    CROP = "crop"
    HEARTBEAT = "heartbeat"
    EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class Exposure:
    """How one frame was exposed, as far as the camera tells."""

    exposure_us: int | None = None
    analogue_gain: float | None = None
    infrared: bool | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture as the camera encoded it.

    ``data`` is the untouched file content (JPEG, PNG, ...); it may be damaged or empty, which the
    decoder finds out and reports. ``fault`` says why the camera could not deliver this frame; its
    data is then empty.
    """

    data: bytes = field(repr=False)
    captured_at: datetime
    exposure: Exposure = Exposure()
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Burst:
    """All frames of one trigger: one Camtrap DP event.

    ``burst_id`` is 32 lower-case hexadecimal digits, unique over all stations and times.
    """

    burst_id: str
    captured_at: datetime
    clock: ClockQuality
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle normalised to its frame: top-left corner and size, each in 0..1."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class Detection:
    """Something the detector saw in one frame; ``score`` in 0..1."""

    box: Box
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class FrameJudgement:
    """What was found in one frame.

    ``error`` says why the frame could not be judged in full. ``skipped`` marks a frame that was
    not looked at because the verdict of its burst could no longer change.
    ``target_mass`` is the species head's probability mass on the target group, 0..1, or None where
    the head was not asked. ``same_as`` is the index of a frame of the same burst from which this
    one differs nowhere by more than noise: it was not searched, and says what that frame says.
    """

    detections: tuple[Detection, ...] = ()
    target_mass: float | None = None
    error: str | None = None
    skipped: bool = False
    same_as: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one burst holds, fused over its frames.

    ``target_score`` is a calibrated probability that the target group is in the burst.
    ``species`` lists (scientific name, probability), best first. ``doubts`` lists every reason not
    to trust a *blank*; a burst with a doubt is never blank. ``perhaps_target`` says that the target
    was not seen but may be there: in a frame that could not be judged in full, or faintly.
    ``people`` says that a person or a vehicle was surely seen, whatever else was.
    ``reason`` is one line for a person.
    """

    observation_type: ObservationType
    target: bool
    target_score: float
    species: tuple[tuple[str, float], ...]
    count: int
    reason: str
    doubts: tuple[str, ...] = ()
    perhaps_target: bool = False
    people: bool = False


@dataclass(frozen=True, slots=True)
class Crop:
    """An encoded cut-out of one frame, made for a byte budget.

    ``box`` is where it was cut, normalised to the frame; ``media_type`` is ``image/avif`` or
    ``image/webp``; ``quality`` (0..1) orders crops for re-identification.
    """

    part: Part
    side: Side
    frame_index: int
    box: Box
    media_type: str
    width_px: int
    height_px: int
    quality: float
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A compact code of one coat; ``scheme`` names the algorithm and its version."""

    scheme: str
    side: Side
    frame_index: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """An individual of the catalogue; ``score`` is the probability that it is this one."""

    individual: str
    score: float


@dataclass(frozen=True, slots=True)
class Timings:
    """Where the time of one burst went, in milliseconds, summed over its frames."""

    decode: float = 0.0
    detect: float = 0.0
    species: float = 0.0
    crops: float = 0.0
    descriptor: float = 0.0
    identify: float = 0.0
    spool: float = 0.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything that vision has to say about one burst.

    ``side`` and ``quality`` are those of the best target animal; ``models`` maps each role
    ("detector", "species", "groups", "parts") to the name and version that judged.
    ``identities``, at most two, best first, are whom the target is most like of those in the
    catalogue; ``not_in_catalogue`` is the probability that it is none of them, None where no
    catalogue was asked. Nobody is called new here: that is a person's word. ``withheld`` tells
    that pictures were not sent because a person may be in them. ``spared_looks`` counts the regions
    that were not looked at a second time, for the battery did not afford it: a blank with any is
    none that was surely judged.
    """

    verdict: Verdict
    frames: tuple[FrameJudgement, ...]
    side: Side = Side.UNCLEAR
    quality: float = 0.0
    crops: tuple[Crop, ...] = ()
    descriptors: tuple[Descriptor, ...] = ()
    models: tuple[tuple[str, str], ...] = ()
    timings_ms: Timings = Timings()
    identities: tuple[Identity, ...] = ()
    not_in_catalogue: float | None = None
    withheld: bool = False
    spared_looks: int = 0


@dataclass(frozen=True, slots=True)
class CropRef:
    """A crop named in a sighting before it arrives: what it is and the SHA-256 of its bytes."""

    part: Part
    side: Side
    frame_index: int
    media_type: str
    size_bytes: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Vitals:
    """The station's own state at an event, where known."""

    battery_mv: int | None = None
    temperature_c: float | None = None
    solar_mv: int | None = None


RUN_BYTES = 4
"""Of the number that the kernel draws at every start."""


@dataclass(frozen=True, slots=True)
class SinceBoot:
    """A moment by a station whose clock was not set: ``seconds`` after the machine was switched on,
    in the run with this number."""

    run: bytes
    seconds: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """An observation that goes on air. The station is named by id only: no coordinates.

    ``people`` says that a person or a vehicle was surely seen, whatever else was. ``since_boot`` is
    when it was captured, where the clock that says so was not set.
    """

    station: str
    burst_id: str
    captured_at: datetime
    clock: ClockQuality
    frame_count: int
    observation_type: ObservationType
    target: bool
    target_score: float
    species: tuple[tuple[str, float], ...]
    count: int
    side: Side
    quality: float
    reason: str
    doubts: tuple[str, ...]
    crops: tuple[CropRef, ...]
    descriptors: tuple[Descriptor, ...]
    models: tuple[tuple[str, str], ...]
    vitals: Vitals = Vitals()
    identities: tuple[Identity, ...] = ()
    not_in_catalogue: float | None = None
    people: bool = False
    since_boot: SinceBoot | None = None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The station's telemetry record. Counters run since the spool was made."""

    station: str
    sent_at: datetime
    clock: ClockQuality
    uptime_s: int
    software: str
    counters: tuple[tuple[str, int], ...]
    outbox_items: int
    unjudged_bursts: int
    free_bytes: int
    alarms: tuple[str, ...]
    vitals: Vitals = Vitals()
