from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.capture.camera.benches import BENCHES, Bench


@pytest.fixture(params=sorted(BENCHES))
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """Every backend that can run on this machine, one after the other."""
    with BENCHES[request.param](tmp_path) as made:
        yield made
        for camera in (made.camera, made.absent, made.ending):
            if camera is not None:
                camera.close()
