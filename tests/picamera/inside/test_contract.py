"""What every camera promises, held against picamera2's real code."""

from tests.capture.camera.test_contract import *  # noqa: F403
