"""Hash-locked wheels for a system that is not the one this runs on."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.image.errors import ImageError
from tools.image.programs import call

SOURCE_ONLY = ("cobs",)
"""Published as source alone. What they have in C is left out: they do without it, only slower."""


@dataclass(frozen=True)
class Interpreter:
    """The Python that will run the wheels: its version, its processor, its C library."""

    python: tuple[int, int]
    machine: str
    """As `uname -m` says it: aarch64, x86_64."""
    glibc: tuple[int, int] = (2, 36)

    @property
    def name(self) -> str:
        return f"python{self.python[0]}.{self.python[1]}"

    @property
    def platforms(self) -> list[str]:
        """Every tag that its C library can load, newest first (PEP 600); 2.17 is manylinux2014."""
        tags = [f"manylinux_2_{minor}_{self.machine}" for minor in range(self.glibc[1], 16, -1)]
        return [*tags, f"manylinux2014_{self.machine}"]


def install_locked(lock: Path, interpreter: Interpreter, into: Path, wheels: Path | None) -> None:
    """Install what ``lock`` names for ``interpreter`` into the folder ``into``, hashes checked.

    Nothing of it is run, so the processor may be another one. ``wheels`` is a folder to take the
    wheels from without a network. Raises ImageError.
    """
    lines = list(chosen_lines(lock.read_text(), interpreter))
    unbuilt = [line for line in lines if line.partition("==")[0] in SOURCE_ONLY]
    with tempfile.TemporaryDirectory(prefix="irbis-lock-") as scratch:
        chosen = Path(scratch) / "lock.txt"
        chosen.write_text("\n".join(line for line in lines if line not in unbuilt) + "\n")
        options = ["--require-hashes", "--requirement", str(chosen)]
        _pip_install(options, interpreter, into, wheels)
        chosen.write_text("\n".join(unbuilt) + "\n")
        for wheel in _build_pure(chosen, Path(scratch), wheels):
            install_wheel(wheel, interpreter, into)


def install_wheel(wheel: Path, interpreter: Interpreter, into: Path) -> None:
    """Install one wheel, without what it depends on. Raises ImageError."""
    _pip_install([str(wheel)], interpreter, into, None)
    forget_origins(into)


def forget_origins(packages: Path) -> None:
    """Take away what pip notes of a wheel that was a file: a path of this machine."""
    for told in packages.glob("*.dist-info/direct_url.json"):
        told.unlink()
        record = told.with_name("RECORD")
        lines = record.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if "/direct_url.json," not in line]
        record.write_text("".join(kept), encoding="utf-8")


def chosen_lines(lock: str, interpreter: Interpreter) -> Iterator[str]:
    """The requirements of ``lock`` that hold for ``interpreter``, without their markers.

    pip compares markers with the Python that it runs on itself, whatever it installs for.
    """
    environment = _environment(interpreter)
    for entry in _entries(lock):
        requirement, _, hashes = entry.partition(" --hash=")
        name, _, marker = requirement.partition(";")
        if not marker or _holds(marker.strip(), environment):
            yield f"{name.strip()} --hash={hashes}"


def build_wheel(source: Path, into: Path) -> Path:
    """Build the project's own wheel from a copy of its checkout. Raises ImageError."""
    parts = ("edge", "firmware_bridge", "models", "tools")
    files = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "NOTICE")
    with tempfile.TemporaryDirectory(prefix="irbis-wheel-") as scratch:
        copy = Path(scratch) / "irbis"
        copy.mkdir()
        for part in parts:
            unwanted = shutil.ignore_patterns("__pycache__", "*.pyc")
            shutil.copytree(source / part, copy / part, ignore=unwanted)
        for file in files:
            shutil.copy2(source / file, copy / file)
        command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet"]
        call([*command, "--wheel-dir", str(into), str(copy)], "building the wheel of Irbis")
    return next(into.glob("irbis-*.whl"))


def compile_modules(packages: Path, shown_as: str, interpreter: Interpreter) -> bool:
    """Compile what lies in ``packages``, which the station will see as ``shown_as``; False where
    this machine has no Python of that version. The station cannot: it does not write there."""
    program = sys.executable
    if sys.version_info[:2] != interpreter.python:
        program = shutil.which(interpreter.name) or ""
    if not program:
        return False
    how = ["-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash"]
    # Some packages carry templates that are no modules; they are left as they are.
    subprocess.run(
        [program, *how, "-s", str(packages), "-p", shown_as, str(packages)],
        check=False, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return True


def _build_pure(lock: Path, into: Path, wheels: Path | None) -> list[Path]:
    command = [
        sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-cache-dir",
        "--require-hashes", f"--no-binary={','.join(SOURCE_ONLY)}",
        *_where(wheels), "--wheel-dir", str(into),
    ]  # fmt: skip
    # A compiler that fails makes their builds fall back to Python.
    call(["env", "CC=/bin/false", *command, "--requirement", str(lock)], "building packages")
    built = sorted(into.glob("*.whl"))
    if not all(wheel.name.endswith("-none-any.whl") for wheel in built):
        raise ImageError(f"built for this machine alone: {', '.join(map(str, built))}")
    return built


def _where(wheels: Path | None) -> list[str]:
    return ["--no-index", "--find-links", str(wheels)] if wheels else []


def _pip_install(what: list[str], of: Interpreter, into: Path, wheels: Path | None) -> None:
    platforms = [word for tag in of.platforms for word in ("--platform", tag)]
    version = f"{of.python[0]}.{of.python[1]}"
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile",
        "--only-binary=:all:", "--implementation", "cp", "--python-version", version,
        "--ignore-requires-python",  # pip asks the Python it runs on; the wheels' tags tell
        *platforms, *_where(wheels), "--target", str(into), "--upgrade", *what,
    ]  # fmt: skip
    call(command, "installing the packages")
    shutil.rmtree(into / "bin", ignore_errors=True)  # its scripts name this machine's Python


def _entries(lock: str) -> Iterator[str]:
    joined = lock.replace("\\\n", " ")
    for line in joined.splitlines():
        line = " ".join(line.split())
        if line and not line.startswith("#"):
            yield line


def _environment(of: Interpreter) -> dict[str, str]:
    version = f"{of.python[0]}.{of.python[1]}"
    return {
        "python_version": version,
        "python_full_version": f"{version}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": of.machine,
        "os_name": "posix",
    }


def _holds(marker: str, environment: dict[str, str]) -> bool:
    try:
        from pip._vendor.packaging.markers import Marker
    except ImportError as error:
        raise ImageError(
            f"{sys.executable} has no pip; get it: {sys.executable} -m ensurepip"
        ) from error
    return bool(Marker(marker).evaluate(environment))
