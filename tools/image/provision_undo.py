"""Taking Irbis away again: exactly what the receipt names, evidence and keys only if asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tools.image import provision_accounts as accounts
from tools.image import provision_files as files
from tools.image.errors import ImageError
from tools.image.provision_plan import SETTINGS, SYSUSERS, inside_folder
from tools.image.provision_receipt import BEGUN, LEFT, Change, Ledger, Receipt, restore
from tools.image.venv import PREFIX

EVIDENCE = "/var/lib/irbis"
_ENDS = ("", files.NEW, ".irbis-old")


def undo(root: Path, purge: bool) -> Iterator[str]:
    """Take it away; each step is told once it is done, and any may be repeated. Raises ImageError
    where nothing was provisioned."""
    ledger = Ledger(root)
    receipt = ledger.load()
    if receipt is None:
        if ledger.folder.exists():
            ledger.forget()  # the power was cut before the receipt was written: nothing was done
            yield "nothing was changed yet"
            return
        raise ImageError(f"{root} has no receipt of Irbis; nothing to take away")
    ledger.save(replace(receipt, stage=BEGUN))
    for change in reversed(receipt.changes):
        if change.private and not purge:
            continue
        if change.path != SYSUSERS:
            yield from revert(root, change, ledger)
    homes = [inside_folder(root, PREFIX + end) for end in _ENDS]
    if any(home.exists() for home in homes):
        for home in homes:
            files.remove(home)
        yield f"removed {PREFIX}"
    yield from _leave_or_forget(root, receipt, purge, ledger)


def left(root: Path) -> list[Path]:
    """Files that are the station's own: evidence, configuration, keys."""
    folders = (inside_folder(root, EVIDENCE), inside_folder(root, SETTINGS))
    return [file for folder in folders for file in folder.rglob("*") if not file.is_dir()]


def revert(root: Path, change: Change, ledger: Ledger) -> Iterator[str]:
    """Make one path again what it was before; a line about it where there is something to tell."""
    path = inside_folder(root, change.path)
    files.remove(path.with_name(path.name + files.NEW))
    now = files.look(path)
    if now.same(change.before):
        return
    if change.after.kind == "folder":
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
        return
    if change.before != files.ABSENT and not now.same(change.after) and now != files.ABSENT:
        yield f"left {change.path}: somebody changed it since"
        return
    restore(ledger, path, change.before)
    yield f"{'removed' if change.before == files.ABSENT else 'put back'} {change.path}"


def _leave_or_forget(root: Path, receipt: Receipt, purge: bool, ledger: Ledger) -> Iterator[str]:
    for folder in (EVIDENCE, SETTINGS):
        place = inside_folder(root, folder)
        if purge:
            files.remove(place)
        else:
            files.remove_if_empty(place)
    remaining = left(root)
    if remaining:
        # Its owner stays, too: another user must not get its number and read it.
        ledger.save(replace(receipt, stage=LEFT, tree={}))
        yield f"left {len(remaining)} files of the station, and its user; --purge removes them"
        return
    declared = inside_folder(root, SYSUSERS)
    if declared.exists():
        accounts.unmake(root, declared, receipt.accounts, ledger)
        yield "removed the user irbis"
    for change in reversed(receipt.changes):
        list(revert(root, change, ledger))
    ledger.forget()
    yield "removed the receipt"
