"""The nouns: labelled pictures, before anything has judged them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from edge.errors import IrbisError
from edge.records import Box


class EvaluationError(IrbisError, ValueError):
    """Labelled pictures that cannot be evaluated."""


class Truth(StrEnum):
    """What a picture holds, as far as its label tells."""

    TARGET = "snow leopard or leopard"
    COUSIN = "other spotted cat"  # the likeliest to be taken for one, hence a group of its own
    ANIMAL = "other animal"
    HUMAN = "person"
    VEHICLE = "vehicle"
    BLANK = "empty"
    OTHER = "anything else"


class Mode(StrEnum):
    """The light a picture was taken in."""

    DAY = "day"
    FLASH = "white flash"
    INFRARED = "infrared"


@dataclass(frozen=True, slots=True)
class LabelledFrame:
    """A picture file. ``boxes`` are drawn around its animals, None where nobody drew any;
    ``mode`` is None where no label tells it; ``label`` is the word that ``truth`` was read from."""

    path: Path
    truth: Truth
    boxes: tuple[Box, ...] | None = None
    mode: Mode | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class LabelledBurst:
    """Pictures of one trigger, in the order of time; a single picture is a burst of one.

    ``station`` names where the camera stood, None where nothing tells.
    """

    name: str
    frames: tuple[LabelledFrame, ...]
    station: str | None = None

    @property
    def truth(self) -> Truth:
        """What the burst holds: what any of its frames does, the target first."""
        return min((frame.truth for frame in self.frames), key=list(Truth).index)

    @property
    def holds_target(self) -> bool:
        return self.truth is Truth.TARGET


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """Pictures from one source. ``about`` says in a few words what they are; ``trapped`` tells
    camera traps from photographers."""

    name: str
    about: str
    bursts: tuple[LabelledBurst, ...]
    trapped: bool = True
