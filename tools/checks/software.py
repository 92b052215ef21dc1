"""Python, packages, the inference runtime, the models, the encoders."""

from __future__ import annotations

import importlib
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from tools.checks.finding import Finding, missing, ok

if TYPE_CHECKING:
    from edge.config import StationConfig

OLDEST_PYTHON = (3, 11)
PACKAGES = {
    "cbor2": "cbor2",
    "cv2": "opencv-python-headless",
    "nacl": "pynacl",
    "numpy": "numpy",
    "paho.mqtt": "paho-mqtt",
    "PIL": "pillow",
    "pydantic": "pydantic",
}
"""What is imported, and the package that brings it."""
RUNTIMES = {
    "ai_edge_litert.interpreter": "ai-edge-litert",
    "tflite_runtime.interpreter": "tflite-runtime",
}


def check_python(config: StationConfig | None) -> Iterator[Finding]:
    found = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        yield missing("python", f"{found}; 3.11 or newer is needed", "apt-get install python3.11")
    else:
        yield ok("python", f"{found} on {platform.machine()}")


def check_packages(config: StationConfig | None) -> Iterator[Finding]:
    for module, package in PACKAGES.items():
        if (reason := _not_importable(module)) is not None:
            yield missing("packages", f"{package}: {reason}", f"pip install {package}")
            return
    yield ok("packages", ", ".join(f"{name} {version(name)}" for name in PACKAGES.values()))


def check_runtime(config: StationConfig | None) -> Iterator[Finding]:
    reasons = []
    for module, package in RUNTIMES.items():
        reason = _not_importable(module)
        if reason is None:
            yield ok("runtime", f"{package} {_version(package)}")
            return
        reasons.append(reason)
    yield missing("runtime", f"no TensorFlow Lite: {reasons[0]}", "pip install ai-edge-litert")


def check_models(config: StationConfig | None) -> Iterator[Finding]:
    """Whether the files are whole, and whether the runtime takes them."""
    from models.errors import ModelError
    from models.registry import load_registry

    try:
        registry = load_registry()
        for entry in registry.entries.values():
            entry.read()
    except ModelError as error:
        yield missing("models", str(error), "pip install --force-reinstall --no-deps irbis")
        return
    from edge.config import Triage
    from edge.vision.eyes import open_eyes

    eyes = open_eyes(Triage() if config is None else config.triage, registry)
    if eyes.blindness:
        yield missing("models", eyes.blindness, "mend the runtime and [triage] first")
    else:
        yield ok("models", "verified and loaded: " + ", ".join(name for _, name in eyes.models))


def check_encoders(config: StationConfig | None) -> Iterator[Finding]:
    from PIL import features

    lacking = [kind for kind in ("avif", "webp") if not features.check(kind)]
    if lacking:
        detail = f"Pillow cannot write {' and '.join(lacking)}: no crops can be sent"
        yield missing("encoders", detail, "pip install --upgrade 'pillow>=11.3'")
    else:
        yield ok("encoders", f"AVIF and WebP, Pillow {version('pillow')}")


def _not_importable(module: str) -> str | None:
    """Why ``module`` cannot be imported, in one line; None when it can."""
    try:
        importlib.import_module(module)
    except Exception as error:  # a broken binary raises anything from OSError to SystemError
        return " ".join(str(error).split()) or type(error).__name__
    return None


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "of unknown version"
