"""A virtual environment laid out file by file, for a Python that need not run here."""

from __future__ import annotations

from pathlib import Path

from tools.image.wheels import Interpreter

PREFIX = "/opt/irbis"
"""Where a station has Irbis; the units name it."""

_PROGRAM = f"""#!{PREFIX}/bin/python3
import sys

from tools.cli import main

sys.exit(main())
"""


def site_packages(venv: Path, interpreter: Interpreter) -> Path:
    return venv / "lib" / interpreter.name / "site-packages"


def lay_out(venv: Path, interpreter: Interpreter, system_packages: bool) -> Path:
    """Make the environment in ``venv``, to be used as ``/opt/irbis``; its site-packages.

    With ``system_packages`` it also sees Debian's: picamera2 and libcamera come from there alone.
    """
    packages = site_packages(venv, interpreter)
    packages.mkdir(parents=True)
    (venv / "bin").mkdir()
    (venv / "bin" / interpreter.name).symlink_to(f"/usr/bin/{interpreter.name}")
    for name in ("python3", "python"):
        (venv / "bin" / name).symlink_to(interpreter.name)
    version = ".".join(map(str, interpreter.python))
    (venv / "pyvenv.cfg").write_text(
        "home = /usr/bin\n"
        f"include-system-site-packages = {str(system_packages).lower()}\n"
        f"version = {version}\n"
    )
    program = venv / "bin" / "irbis"
    program.write_text(_PROGRAM)
    program.chmod(0o755)
    return packages
