"""The contract's bench, before a Virtual camera."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite("tests.capture.camera.test_contract")

from edge.capture.camera.pi import PiCamera  # noqa: E402
from tests.capture.camera.benches import Bench  # noqa: E402
from tests.capture.camera.scene import TERMS  # noqa: E402
from tests.picamera.inside.virtual import lay_pipeline, virtual_picamera2  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def _scene(tmp_path_factory: pytest.TempPathFactory) -> None:
    lay_pipeline(tmp_path_factory.mktemp("scene"))
    virtual_picamera2()


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench(PiCamera(TERMS), PiCamera(TERMS, camera=99), ending=None)
    yield made
    made.camera.close()
    made.absent.close()
