"""picamera2 before a scene that libcamera's Virtual pipeline shows, and what stands in for parts.

What is real: picamera2, libcamera, its camera manager, requests and threads. What is replaced,
because a Virtual camera has none of it: the sensor's raw modes, of which picamera2 asks when it
opens a camera, and the allocator, whose buffers of one plane the Virtual pipeline cannot fill:
picamera2's LibcameraAllocator stands in. PiDNG (raw files) and kms (displays) are empty names:
picamera2 imports them, Irbis never comes there.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

from tests.capture.camera.scene import TERMS, lay_scene

PIPELINE = Path("/usr/share/libcamera/pipeline/virtual/virtual.yaml")
SIZES = (
    (TERMS.width_px, TERMS.height_px),
    (TERMS.small_width_px, TERMS.small_height_px),
)
LARGE = (640, 480)


def lay_pipeline(folder: Path) -> None:
    """Two cameras that show the scene: number 0 in the sizes of TERMS, number 1 in LARGE alone.

    picamera2 numbers them from the last name on.
    """
    scene = lay_scene(folder)
    PIPELINE.parent.mkdir(parents=True, exist_ok=True)
    PIPELINE.write_text(_camera("Z", scene, SIZES) + _camera("A", scene, (LARGE,)))
    os.environ["LIBCAMERA_LOG_LEVELS"] = "*:ERROR"


def virtual_picamera2() -> None:
    """From here on ``picamera2.Picamera2`` opens Virtual cameras, too."""
    for name in ("pykms", "pidng", "pidng.camdefs", "pidng.core"):
        sys.modules[name] = MagicMock()

    import picamera2
    from picamera2.allocators import LibcameraAllocator

    class VirtualPicamera2(picamera2.Picamera2):  # type: ignore[misc, name-defined]
        def __init__(self, camera_num: int = 0) -> None:
            super().__init__(camera_num)
            self.allocator = LibcameraAllocator(self.camera)

        def _get_raw_modes(self) -> list[dict[str, Any]]:
            return [{"format": "SRGGB10", "size": SIZES[0]}]

    picamera2.Picamera2 = VirtualPicamera2


def _camera(name: str, scene: Path, sizes: tuple[tuple[int, int], ...]) -> str:
    formats = "".join(
        f"  - {{width: {width}, height: {height}, frame_rates: [30, 60]}}\n"
        for width, height in sizes
    )
    return (
        f'"{name}":\n  supported_formats:\n{formats}'
        f'  frames:\n    path: "{scene}"\n  model: "Virtual"\n'
    )
