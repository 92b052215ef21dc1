"""Pictures to measure with: the demo's photographs, or noise where there are none."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from edge.capture.listing import is_picture

PHOTOS = Path(__file__).parents[1] / "demo" / "photos"
CAMERA_SIZE_PX = (3264, 2448)
"""Eight megapixels: what camera traps commonly write."""
_JPEG_QUALITY = 85
_SENSOR_NOISE = 4.0
_RETAKE_NOISE = 2.0
_TILE_PX = 256


def photographs(folder: Path = PHOTOS) -> list[bytes]:
    """One file of each of the demo's bursts; none when the demo is not installed."""
    bursts: dict[Path, Path] = {}
    for path in sorted(folder.rglob("*")):
        if is_picture(path):
            bursts.setdefault(path.parent, path)
    return [path.read_bytes() for path in bursts.values()]


def synthetic(count: int) -> list[bytes]:
    """``count`` different JPEG files, 1024 x 768: soft shapes under noise."""
    import numpy as np

    rng = np.random.default_rng(1)
    shapes = [rng.normal(rng.uniform(90, 160), 30, (48, 64, 3)) for _ in range(count)]
    return [_jpeg(shape, (1024, 768)) for shape in shapes]


def as_camera_files(files: list[bytes]) -> Iterator[bytes]:
    """The same pictures as an eight-megapixel camera would have written them.

    They are enlarged, and noise is added: a smooth enlargement would decode too fast.
    """
    from edge.vision.decode import decode
    from edge.vision.errors import DecodeError

    for data in files:
        try:
            yield _jpeg(decode(data, CAMERA_SIZE_PX[0]).pixels, CAMERA_SIZE_PX)
        except DecodeError:
            continue  # the demo holds a damaged frame on purpose


def as_camera_burst(data: bytes, size_px: tuple[int, int], count: int) -> list[bytes]:
    """The picture ``data`` as a camera of ``size_px`` would have taken it ``count`` times in a row.

    Each has noise of its own. Raises DecodeError.
    """
    from edge.vision.decode import decode

    pixels = decode(data, size_px[0]).pixels
    return [_jpeg(pixels, size_px, seed) for seed in range(count)]


def retakes(data: bytes, count: int) -> list[bytes]:
    """The picture ``data`` as a camera on a mast would take it ``count`` times in a row.

    Each has the noise of a sensor of its own and is encoded anew. Raises DecodeError.
    """
    import numpy as np
    from PIL import Image

    from edge.vision.decode import decode

    pixels = decode(data, CAMERA_SIZE_PX[0]).pixels
    made = []
    for seed in range(count):
        noise = np.random.default_rng(seed).normal(0, _RETAKE_NOISE, pixels.shape)
        out = BytesIO()
        taken = np.clip(pixels + noise, 0, 255).astype(np.uint8)
        Image.fromarray(taken).save(out, "JPEG", quality=_JPEG_QUALITY)
        made.append(out.getvalue())
    return made


def _jpeg(pixels: object, size_px: tuple[int, int], seed: int = 0) -> bytes:
    import cv2
    import numpy as np
    from PIL import Image

    enlarged = cv2.resize(np.asarray(pixels, dtype=np.float32), size_px)
    # One tile of noise over and over: drawing it for each pixel takes longer than the encoder.
    tile = np.random.default_rng(seed).normal(0, _SENSOR_NOISE, (_TILE_PX, _TILE_PX, 3))
    height_px, width_px = enlarged.shape[:2]
    times = (-(-height_px // _TILE_PX), -(-width_px // _TILE_PX), 1)
    noise = np.tile(tile.astype(np.float32), times)[:height_px, :width_px]
    out = BytesIO()
    image = Image.fromarray(np.clip(enlarged + noise, 0, 255).astype(np.uint8))
    image.save(out, "JPEG", quality=_JPEG_QUALITY)
    return out.getvalue()
