"""Makes the demo's bursts from photographs in Debian's package gcompris-qt-data.

    apt-get download gcompris-qt-data && dpkg-deb -x gcompris-qt-data_*.deb unpacked
    python -m tools.demo.make_photos unpacked/usr/share/gcompris-qt/rcc

A trap's burst is one scene seen two or three times. Here each frame is a window into one
photograph, moved a little from frame to frame so that the animal moves in the picture, with a
sensor's noise of its own and the time in EXIF. The same input gives the same files, whatever the
time of day.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from PIL import Image

from tools.demo.qt_resource import read_resource

ARCHIVES = {"world": "explore_world_animals.rcc", "erase": "erase.rcc"}
PHOTOS = Path(__file__).with_name("photos")
LONG_SIDE_PX = 1024
JPEG_QUALITY = 82
NOISE_LEVELS = 2.0
FRAME_GAP = timedelta(seconds=2)
_DATE_TIME_ORIGINAL = 0x9003
_EXIF_IFD = 0x8769


@dataclass(frozen=True)
class Scene:
    """One burst. ``photo`` is archive/file; ``window`` is (x, y, w, h) of the first frame in it,
    normalised; ``step`` is how far it moves with each frame. ``cut_to`` shortens the last file."""

    name: str
    photo: str
    taken_at: datetime
    window: tuple[float, float, float, float]
    step: tuple[float, float]
    frames: int = 3
    night: bool = False
    cut_to: float | None = None


def _at(time: str, day: str = "2026-03-14") -> datetime:
    return datetime.fromisoformat(f"{day}T{time}")


SCENES = (
    Scene(
        "01-thorn-bush",
        "world/giraffe.webp",
        _at("05:58:10"),
        (0.0, 0.24, 0.42, 0.47),
        (0.004, 0.0),
    ),
    Scene("02-ibex", "erase/nubian_ibex.webp", _at("06:21:40"), (0.2, 0.0, 0.76, 1.0), (0.02, 0.0)),
    Scene(
        "03-two-jaguars", "world/jaguar.webp", _at("06:43:02"), (0.0, 0.04, 0.9, 0.92), (0.04, 0.01)
    ),
    Scene("04-plain", "erase/horse.webp", _at("07:15:31"), (0.65, 0.3, 0.34, 0.48), (0.003, 0.0)),
    Scene("05-horse", "erase/horse.webp", _at("09:02:12"), (0.0, 0.0, 0.7, 1.0), (0.04, 0.0)),
    Scene("06-jaguar", "world/jaguar.webp", _at("17:40:55"), (0.04, 0.24, 0.46, 0.7), (0.02, 0.01)),
    Scene(
        "07-plateau",
        "erase/nubian_ibex.webp",
        _at("18:05:03"),
        (0.0, 0.42, 0.3, 0.46),
        (0.004, 0.0),
    ),
    Scene("08-cheetah", "erase/cheetah.webp", _at("18:30:44"), (0.3, 0.0, 0.66, 1.0), (0.02, 0.0)),
    Scene(
        "09-jaguar-by-night",
        "world/jaguar.webp",
        _at("23:12:20"),
        (0.42, 0.18, 0.48, 0.74),
        (0.02, 0.0),
        night=True,
    ),
    Scene(
        "10-damaged-card",
        "erase/horse.webp",
        _at("23:50:00"),
        (0.66, 0.34, 0.32, 0.45),
        (0.002, 0.0),
        frames=2,
        night=True,
        cut_to=0.4,
    ),
    Scene(
        "11-polar-bear",
        "world/polar_bear.webp",
        _at("04:48:37", "2026-03-15"),
        (0.0, 0.1, 0.9, 0.9),
        (0.05, 0.0),
    ),
    Scene(
        "12-sand",
        "world/dragon.webp",
        _at("05:31:09", "2026-03-15"),
        (0.02, 0.74, 0.3, 0.26),
        (0.004, 0.0),
    ),
)


def main() -> int:
    """Write all bursts; the exit code is 1 when a photograph is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archives", type=Path, help="the folder that holds the .rcc files")
    parser.add_argument("--out", type=Path, default=PHOTOS)
    args = parser.parse_args()
    photos = _photographs(args.archives)
    missing = sorted({scene.photo for scene in SCENES} - photos.keys())
    if missing:
        print(
            f"{args.archives}: no {', '.join(missing)} in {', '.join(ARCHIVES.values())}",
            file=sys.stderr,
        )
        return 1
    for scene in SCENES:
        _write_burst(scene, photos[scene.photo], args.out / scene.name)
    return 0


def _photographs(folder: Path) -> dict[str, bytes]:
    return {
        f"{short}/{Path(path).name}": content
        for short, archive in ARCHIVES.items()
        for path, content in read_resource((folder / archive).read_bytes())
        if path.endswith(".webp")
    }


def _write_burst(scene: Scene, photo: bytes, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(scene.name)
    with Image.open(io.BytesIO(photo)) as image:
        whole = image.convert("RGB")
    for number in range(scene.frames):
        frame = _sensed(_window(whole, scene, number), scene.night, chance.randrange(2**32))
        data = _jpeg(frame, scene.taken_at + number * FRAME_GAP)
        if scene.cut_to is not None and number == scene.frames - 1:
            data = data[: int(len(data) * scene.cut_to)]
        (folder / f"IMG_{number + 1:04d}.JPG").write_bytes(data)


def _window(whole: Image.Image, scene: Scene, number: int) -> Image.Image:
    x, y, w, h = scene.window
    left = (x + number * scene.step[0]) * whole.width
    top = (y + number * scene.step[1]) * whole.height
    cut = whole.crop(
        (round(left), round(top), round(left + w * whole.width), round(top + h * whole.height))
    )
    scale = LONG_SIDE_PX / max(cut.size)
    return cut.resize(
        (round(cut.width * scale), round(cut.height * scale)), Image.Resampling.BICUBIC
    )


def _sensed(image: Image.Image, night: bool, seed: int) -> Image.Image:
    """Add a sensor's noise; by night grey, darker, lit from the middle, and noisier."""
    scene = np.asarray(image.convert("L" if night else "RGB"), np.float32)
    if night:
        y, x = np.mgrid[-1 : 1 : scene.shape[0] * 1j, -1 : 1 : scene.shape[1] * 1j]
        scene = scene * (1.05 - 0.45 * (x**2 + y**2)).astype(np.float32)
    noise = np.random.Generator(np.random.PCG64(seed)).normal(size=scene.shape)
    sensed = scene + noise * (3 * NOISE_LEVELS if night else NOISE_LEVELS)
    return Image.fromarray(np.clip(sensed, 0, 255).astype(np.uint8)).convert("RGB")


def _jpeg(image: Image.Image, taken_at: datetime) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(_EXIF_IFD)[_DATE_TIME_ORIGINAL] = taken_at.strftime("%Y:%m:%d %H:%M:%S")
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=JPEG_QUALITY, exif=exif)
    return stream.getvalue()


if __name__ == "__main__":
    sys.exit(main())
