"""Debian's part of a root: one call of mmdebstrap, made from a recipe."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from tools.image.errors import ImageError
from tools.image.manifest import AptSource, Recipe
from tools.image.programs import call

ARCHITECTURE = "arm64"
OVERLAY = Path(__file__).with_name("root")
"""Files of a card that a stock system has no use for."""


def make_rootfs(recipe: Recipe, root: Path, lists: Path, work: Path, epoch: int) -> None:
    """Unpack and configure the recipe's packages in the folder ``root`` (new).

    Apt's lists, which know the hash of every package, are copied to ``lists``. The log stands in
    ``work``. Raises ImageError.
    """
    for source in recipe.apt:
        check_keyring(source)
    setup = _script(work / "setup", _setup(recipe))
    keep = _script(work / "keep-lists", _KEEP_LISTS.format(lists=lists))
    command = mmdebstrap_command(recipe, root, setup, keep)
    log = work / "mmdebstrap.log"
    with log.open("wb") as out:
        code = subprocess.run(
            command, stdout=out, stderr=out, env=environment(epoch, work), check=False
        ).returncode
    if code != 0:
        said = log.read_text(encoding="utf-8", errors="replace").splitlines()
        told = [line for line in said if line.startswith("E:")] or said
        raise ImageError(f"mmdebstrap failed: {' / '.join(told[-3:])}; its log: {log}")


def mmdebstrap_command(recipe: Recipe, root: Path, setup: Path, keep: Path) -> list[str]:
    """The whole call. Recommended packages and apt itself stay out; so do translations. What it
    mounts is gone with it, however it ends."""
    return [
        "unshare", "--mount", "--fork", "--kill-child",
        "mmdebstrap", "--mode=root", f"--arch={ARCHITECTURE}", "--variant=essential",
        "--format=directory", "--skip=output/dev",
        '--aptopt=APT::Install-Recommends "0"', '--aptopt=Acquire::Languages "none"',
        *(f"--dpkgopt={option}" for option in dpkg_options(recipe)),
        f"--setup-hook={setup} \"$1\"", f"--customize-hook={keep} \"$1\"",
        f"--include={','.join(recipe.packages)}",
        recipe.release_name, str(root), *sources(recipe.apt),
    ]  # fmt: skip


def sources(apt: Iterable[AptSource]) -> list[str]:
    """Lines of sources.list, each bound to the one keyring that may sign it."""
    return [
        f"deb [signed-by={source.keyring}] {source.url} {suite} {' '.join(source.components)}"
        for source in apt
        for suite in source.suites
    ]


def dpkg_options(recipe: Recipe) -> list[str]:
    """What dpkg does not unpack, and the exceptions."""
    out = [*recipe.common.leave_out, *recipe.kernel.leave_out]
    keep = [*recipe.common.keep, *recipe.kernel.keep]
    return [
        *(f"path-exclude={path}" for path in _merged(out)),
        *(f"path-include={path}" for path in _merged(keep)),
    ]


def check_keyring(source: AptSource) -> None:
    """Raises ImageError where the keyring is missing or holds another key than the pinned one."""
    if not source.keyring.is_file():
        raise ImageError(
            f"no keyring {source.keyring} for {source.url}; install the package that brings it, or"
            " name another one in a manifest of your own"
        )
    if source.fingerprint is None:
        return
    told = call(
        ["gpg", "--batch", "--show-keys", "--with-colons", str(source.keyring)], "reading a key"
    )
    found = fingerprints(told)
    if found != [source.fingerprint]:
        raise ImageError(
            f"{source.keyring} holds {' '.join(found) or 'no key'}, pinned for {source.url} is"
            f" {source.fingerprint}; export that one alone into a keyring, and name it in a"
            " manifest of your own"
        )


def fingerprints(colons: str) -> list[str]:
    """The primary keys' fingerprints in what ``gpg --with-colons`` printed."""
    found, primary = [], False
    for fields in (line.split(":") for line in colons.splitlines()):
        if fields[0] in ("pub", "sub"):
            primary = fields[0] == "pub"
        elif fields[0] == "fpr" and primary:
            found.append(fields[9])
    return found


def environment(epoch: int, scratch: Path) -> Mapping[str, str]:
    """What programs that make a part of the card may see of this machine: nothing but the time
    that is told to them, and where they put what they throw away."""
    return {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "HOME": "/root",
        "TMPDIR": str(scratch),
        "SOURCE_DATE_EPOCH": str(epoch),
        "E2FSPROGS_FAKE_TIME": str(epoch),
        "PYTHONHASHSEED": "0",
        **{name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")},
    }


_KEEP_LISTS = """\
#!/bin/sh
set -eu
mkdir -p '{lists}'
cp "$1"/var/lib/apt/lists/*_Packages '{lists}/'
"""


def _setup(recipe: Recipe) -> str:
    """A small initramfs with what mounts the root: finding out emulated would take ten minutes."""
    modules = "\n".join(recipe.kernel.early_modules)
    return f"""\
#!/bin/sh
set -eu
mkdir -p "$1/etc/initramfs-tools/conf.d"
cp -r '{OVERLAY}/etc/initramfs-tools/.' "$1/etc/initramfs-tools/"
printf 'MODULES=list\\nCOMPRESS=zstd\\n' > "$1/etc/initramfs-tools/conf.d/irbis"
cat > "$1/etc/initramfs-tools/modules" <<END
{modules}
END
"""


def _script(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def _merged(paths: Iterable[str]) -> Iterable[str]:
    """Newer packages hold ``/usr/lib/...`` where older ones hold ``/lib/...``."""
    for path in paths:
        yield path
        if path.startswith("/lib/"):
            yield f"/usr{path}"
