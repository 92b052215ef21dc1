"""Bursts by lamplight made of real photographs: as they are, nearer the lamp, with a dark picture.

    python -m tests.capture.light.photographs DATA

prints the numbers of docs/camera.md. Light is undone from the photograph's curve, scaled, cut off
at white, given the noise of a sensor of 8000 electrons, and coded as a JPEG again.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from edge.capture.camera.pixels import encode_jpeg
from edge.capture.light.lux import curve
from edge.capture.light.metering import BURNT, MOST_BURNT
from edge.config import Triage
from edge.vision.boxes import pixel_rectangle
from edge.vision.eyes import Eyes, open_eyes
from edge.vision.triage import judge
from tools.evaluate.judging import is_infrared
from tools.evaluate.labelled import LabelledBurst, Mode, Truth
from tools.evaluate.sources import load_sets

SETS = ("snow_leopard", "north_america")
_FULL_WELL, _READ_NOISE = 8_000.0, 4.0

Burst = Sequence[bytes]


def exposed(data: bytes, ev: float, nearer_ev: float, random: np.random.Generator) -> bytes:
    """The photograph with so many stops more light from a nearer lamp, exposed by ``ev`` more."""
    coded = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.float32)
    share = coded / 255
    light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    electrons = light * 2.0 ** (ev + nearer_ev) * _FULL_WELL
    noise = random.standard_normal(coded.shape[:2])[:, :, None]
    electrons += noise * np.sqrt(electrons + _READ_NOISE**2)
    level = curve((electrons / _FULL_WELL).astype(np.float32))
    return encode_jpeg(np.rint(level * 255).astype(np.uint8), 90)


def shown(burst: Burst, dark_ev: float, nearer_ev: float = 0.0) -> list[bytes]:
    """The burst with a second picture that is darker; a lone photograph is taken twice."""
    random = np.random.default_rng(3)
    frames = burst if len(burst) > 1 else [*burst, *burst]
    return [exposed(x, -dark_ev * (i == 1), nearer_ev, random) for i, x in enumerate(frames)]


def visits(bursts: Iterable[Burst]) -> Iterator[Burst]:
    """Of each burst every second pair of pictures that follow each other."""
    for burst in bursts:
        for first in range(0, max(1, len(burst) - 1), 2):
            yield burst[first : first + 2]


def photographs(data: Path, truth: Truth, *modes: Mode) -> list[Burst]:
    """All bursts that hold this, by such light."""
    sets = load_sets([data / name for name in SETS])
    wanted = (burst for one in sets for burst in one.bursts if burst.truth is truth)
    return [files for burst in wanted for files in [_files(burst)] if _mode(burst, files) in modes]


def ends(bursts: Iterable[Burst], eyes: Eyes) -> Counter[str]:
    """What became of them: *target*, or their observation type."""
    verdicts = (judge(burst, eyes, Triage(), describing=False).verdict for burst in bursts)
    return Counter("target" if v.target else v.observation_type.value for v in verdicts)


def burnt_out(data: Path, dark_ev: float, nearer_ev: float) -> tuple[int, int]:
    """Of how many leopards by lamplight, with a box drawn around, more than 5 % of it is white
    when exposed so; and how many there are."""
    random = np.random.default_rng(3)
    frames = [
        frame for one in load_sets([data / SETS[0]]) for b in one.bursts for frame in b.frames
    ]
    lit = [frame for frame in frames if frame.boxes and frame.mode in (Mode.INFRARED, Mode.FLASH)]
    white = 0
    for frame in lit:
        assert frame.boxes is not None
        coded = exposed(frame.path.read_bytes(), -dark_ev, nearer_ev, random)
        pixels = np.asarray(cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_COLOR))
        x0, y0, x1, y1 = pixel_rectangle(frame.boxes[0], pixels.shape[1], pixels.shape[0])
        white += float((pixels[y0:y1, x0:x1].max(axis=2) >= BURNT).mean()) > MOST_BURNT
    return white, len(lit)


def _files(burst: LabelledBurst) -> list[bytes]:
    return [frame.path.read_bytes() for frame in burst.frames]


def _mode(burst: LabelledBurst, files: Burst) -> Mode:
    return burst.frames[0].mode or (Mode.INFRARED if is_infrared(files[0]) else Mode.DAY)


def _main(data: Path) -> None:
    eyes = open_eyes(Triage())
    by_lamp = (Mode.INFRARED, Mode.FLASH)
    leopards = photographs(data, Truth.TARGET, *by_lamp)
    empty = photographs(data, Truth.BLANK, *Mode)
    for dark_ev in (0.0, 1.5, 3.0):
        print(f"second picture {dark_ev} stops darker")
        print("  leopards:", dict(ends((shown(one, dark_ev) for one in leopards), eyes)))
        alone = (shown(one, dark_ev)[1:2] for one in visits(leopards))
        print("  the dark pictures alone:", dict(ends(alone, eyes)))
        print("  empty:", dict(ends((shown(one, dark_ev) for one in empty), eyes)))
        for nearer_ev in (2.0, 3.0, 4.0):
            near = (shown(one, dark_ev, nearer_ev) for one in visits(leopards))
            print(f"  visits of two, {nearer_ev} stops nearer:", dict(ends(near, eyes)))
            white, of = burnt_out(data, dark_ev, nearer_ev)
            print(f"  coats burnt out in the second: {white} of {of}")


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
