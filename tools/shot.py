"""`irbis shot`: a few pictures through the station's camera, and what is to be said of them."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edge.config import Capture, StationConfig, load_config
from edge.errors import ConfigError

if TYPE_CHECKING:
    from edge.capture.camera.camera import Camera, Shot

_HEAD = "picture   after call      size  pixels       exposure    gain  light  sharpness"

_OWNER_ALONE = 0o600
"""A picture shows the place, and perhaps a person."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What one picture is like. ``light`` is its mean, 0 (black) to 255; ``sharpness`` the variance
    of the Laplacian at 256 px, as a leopard's view is measured. None: it cannot be read."""

    after_ms: int
    size_bytes: int
    width_px: int | None
    height_px: int | None
    exposure_us: int | None
    gain: float | None
    light: float | None
    sharpness: float | None

    def __str__(self) -> str:
        pixels = "-" if self.width_px is None else f"{self.width_px}x{self.height_px}"
        return (
            f"{self.after_ms:>7} ms {self.size_bytes / 1000:>6.0f} kB  {pixels:<11}"
            f"{_or_dash(self.exposure_us, '{:.0f} us'):>10} {_or_dash(self.gain, '{:.1f}'):>7}"
            f" {_or_dash(self.light, '{:.0f}'):>6} {_or_dash(self.sharpness, '{:.0f}'):>10}"
        )


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, help="the station's TOML file")
    parser.add_argument("--frames", type=int, default=5, help="how many pictures (5)")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write the pictures there, for you to look at"
    )
    parser.add_argument("--lamp", action="store_true", help="in the lamp's light, as by night")
    parser.add_argument("--json", action="store_true", help="for programs")


def execute(args: argparse.Namespace) -> int:
    """Take the pictures and tell of each. Raises CameraError, ConfigError.

    A picture that cannot be read makes it 1.
    """
    config = load_config(args.config)
    sights: list[Sight] = []
    shots = _lit_shots if args.lamp else _shots
    for number, (shot, after_ms) in enumerate(shots(config, max(1, args.frames)), start=1):
        if not (sights or args.json):
            print(f"camera {config.capture.camera}\n{_HEAD}")
        sights.append(_seen(shot, after_ms))
        if not args.json:
            print(f"{number:>7} {sights[-1]}", flush=True)
        if args.out is not None:
            _write(args.out, number, shot.frame.data)
    if args.json:
        print(json.dumps([asdict(sight) for sight in sights]))
    else:
        print(_summary(sights))
    return int(any(sight.light is None for sight in sights))


def _shots(config: StationConfig, count: int) -> Iterator[tuple[Shot, int]]:
    """Pictures as far apart as a burst's, each with how long after the call it was taken."""
    return _taken(_camera(config), config.capture, count)


def _lit_shots(config: StationConfig, count: int) -> Iterator[tuple[Shot, int]]:
    """The same in the light of the station's lamp, with its filter out of the way."""
    from edge.capture.light.building import in_lamplight

    if config.capture.light.lamp is None:
        raise ConfigError("[capture.light] lamp: the station has none to try")
    camera = in_lamplight(_camera(config), config.capture.light)
    camera.begin_burst()
    try:
        for shot, after_ms in _taken(camera, config.capture, count):
            if camera.alarms():
                raise ConfigError("; ".join(camera.alarms().values()))
            yield shot, after_ms
    finally:
        camera.release()


def _camera(config: StationConfig) -> Camera:
    from edge.capture.building import camera_of

    if config.capture.camera == "folder":
        raise ConfigError('[capture] camera: "folder" is no lens: lay a picture into it instead')
    return camera_of(config.capture)


def _taken(camera: Camera, capture: Capture, count: int) -> Iterator[tuple[Shot, int]]:
    from edge.capture.camera.errors import CameraGone

    called_s = time.monotonic()
    try:
        camera.start()
        for _ in range(count):
            began_s = time.monotonic()
            shot = camera.grab(capture.silent_s)
            yield shot, round(max(0.0, shot.moment.monotonic_s - called_s) * 1000)
            time.sleep(max(0.0, began_s + capture.burst.interval_s - time.monotonic()))
    except CameraGone as error:
        raise CameraGone(
            f"{error} (while the station runs, the camera is its own; it takes a test shot with:"
            " systemctl kill --kill-whom=main -s USR1 irbis)"
        ) from error
    finally:
        camera.close()


def _seen(shot: Shot, after_ms: int) -> Sight:
    from edge.vision.decode import decode
    from edge.vision.errors import DecodeError
    from edge.vision.quality import SHARPNESS_SIDE_PX, sharpness

    exposure = shot.frame.exposure
    told = exposure.exposure_us, exposure.analogue_gain
    size_bytes = len(shot.frame.data)
    try:
        picture = decode(shot.frame.data, SHARPNESS_SIDE_PX)
    except DecodeError:
        return Sight(after_ms, size_bytes, None, None, *told, None, None)
    sharp = round(sharpness(picture.pixels), 1)
    light = round(float(picture.pixels.mean()), 1)
    size_px = picture.full_width_px, picture.full_height_px
    return Sight(after_ms, size_bytes, *size_px, *told, light, sharp)


def _write(folder: Path, number: int, data: bytes) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"shot-{number}.jpg"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ALONE)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, _OWNER_ALONE)  # it may have lain there before
            file.write(data)
    except OSError as error:
        raise ConfigError(f"--out {folder}: cannot be written: {error.strerror}") from error


def _summary(sights: Sequence[Sight]) -> str:
    unreadable = sum(sight.light is None for sight in sights)
    if unreadable:
        return f"{unreadable} of {len(sights)} cannot be read: look at the cable and the sizes"
    lights = [sight.light for sight in sights if sight.light is not None]
    if max(lights) < 10:
        return "the pictures are black: is the cap on, or the night dark and no lamp on?"
    if min(lights) > 245:
        return "the pictures are white: the light is too strong, or the exposure does not follow"
    return f"first picture {sights[0].after_ms} ms after the call"


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)
