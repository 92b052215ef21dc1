"""A scene that tells colours and sides apart, and a network camera that shows it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from itertools import count
from pathlib import Path

import numpy as np
from PIL import Image

from edge.capture.camera.camera import CameraTerms

TERMS = CameraTerms(320, 240, 66, 50)
"""66 px: rows that no plane of YUV holds without padding."""

RED, BLUE = (200, 30, 30), (30, 30, 200)
PERIOD_S = 0.05


def scene_jpeg() -> bytes:
    """Red on the left, blue on the right, at the size of TERMS."""
    pixels = np.empty((TERMS.height_px, TERMS.width_px, 3), np.uint8)
    pixels[:, : TERMS.width_px // 2] = RED
    pixels[:, TERMS.width_px // 2 :] = BLUE
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=95)
    return file.getvalue()


def lay_scene(folder: Path) -> Path:
    """The scene as a file."""
    path = folder / "scene.jpg"
    path.write_bytes(scene_jpeg())
    return path


class NetworkCamera:
    """A camera at ``address`` that streams the scene as JPEGs until it is unplugged."""

    def __init__(self, most_frames: int | None) -> None:
        self.unplugged = threading.Event()
        self._most_frames = most_frames
        camera, jpeg = self, scene_jpeg()

        class Stream(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace;boundary=frame")
                self.end_headers()
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                try:
                    for number in count():
                        if number == camera._most_frames or camera.unplugged.wait(PERIOD_S):
                            return
                        self.wfile.write(head.encode() + jpeg + b"\r\n")
                except OSError:  # the viewer went away
                    return

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Stream)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(PERIOD_S,))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/stream.mjpg"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.unplugged.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def network_camera(most_frames: int | None = None) -> Iterator[NetworkCamera]:
    """A running network camera; it breaks off after ``most_frames`` pictures."""
    camera = NetworkCamera(most_frames)
    camera.start()
    try:
        yield camera
    finally:
        camera.stop()
