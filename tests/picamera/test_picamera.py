"""The Pi's camera with picamera2's and libcamera's real code, before a camera made of software.

Covered: picamera2 0.3.38 on Debian's libcamera 0.4, from opening to closing: configuration of both
streams, controls that a camera has or lacks, requests, buffers, threads, time stamps, colours.

Not covered, for no such hardware is here: sensors and their drivers, the ISP and the planar YUV
4:2:0 with padded rows that it gives, metering (AE) and white balance, an exposure that was
remembered and takes effect, pictures in the dark, DMA memory, unplugging.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.picamera.debian import INSIDE, picamera_root

PROJECT = Path(__file__).resolve().parents[2]
TAKEN = ("edge", "tests/capture", "tests/picamera")
SHIM = Path(__file__).with_name("dma_heap.c")
MAKE = "IRBIS_PICAMERA" in os.environ
TESTS = "tests/picamera/inside"
RESULTS = "results.xml"
LONGEST_S = 250.0
FEWEST = 20
"""Of the contract and of the Pi's own: fewer, and somebody lost them."""

pytestmark = pytest.mark.timeout(3600 if MAKE else 300)


def test_the_camera_contract_holds_with_picamera2s_real_code() -> None:
    with picamera_root(MAKE) as root:
        place = Path(tempfile.mkdtemp(prefix="irbis-", dir=root / "srv"))
        try:
            lay_project(place)
            status, output = run_inside(root, place)
            passed = how_many_passed(place / RESULTS)
        finally:
            shutil.rmtree(place)

    print(output)
    assert status == 0, output
    assert passed >= FEWEST, output


def lay_project(place: Path) -> None:
    """What the tests inside need of the project, and the shim for memory that they run under."""
    for name in TAKEN:
        shutil.copytree(PROJECT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "tests/__init__.py", place / "tests")
    subprocess.run(
        ["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o",
         str(place / "dma_heap.so"), str(SHIM)],
        check=True,
    )  # fmt: skip


def run_inside(root: Path, place: Path) -> tuple[int, str]:
    """pytest's exit status inside ``root``, and what it said."""
    here = Path("/") / place.relative_to(root)
    done = subprocess.run(
        ["chroot", str(root), "env", "-i", f"--chdir={here}", "PATH=/usr/bin", "LANG=C.UTF-8",
         f"PYTHONPATH=/{INSIDE}", f"LD_PRELOAD={here}/dma_heap.so",
         "python3", "-B", "-m", "pytest", "-c", f"{TESTS}/pytest.ini", f"--junitxml={RESULTS}",
         TESTS],
        capture_output=True, text=True, check=False, timeout=LONGEST_S,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def how_many_passed(results: Path) -> int:
    if not results.exists():
        return 0
    suite = ElementTree.parse(results).getroot()[0].attrib
    return int(suite["tests"]) - sum(int(suite[name]) for name in ("skipped", "failures", "errors"))
