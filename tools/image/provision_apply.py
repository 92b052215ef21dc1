"""Adding Irbis to a system, step by step. Each step may be the last before the power is cut:
running it again goes on, and unprovision takes away what there is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from edge import __version__
from tools.image import provision_accounts as accounts
from tools.image import provision_files as files
from tools.image.errors import ImageError
from tools.image.provision_plan import SYSUSERS, Wanted, changes, inside_folder
from tools.image.provision_receipt import BEGUN, COMPLETE, Change, Ledger, Receipt, merged
from tools.image.provision_undo import revert
from tools.image.venv import PREFIX

OLD = ".irbis-old"


@dataclass(frozen=True)
class Plan:
    """What goes onto one system. ``lay_out`` fills the environment's folder, wherever it is;
    ``settle`` brings its thousands of files onto the card at once, before they count."""

    things: list[Wanted]
    lay_out: Callable[[Path], None]
    settle: Callable[[], None] = os.sync


def apply(root: Path, plan: Plan) -> Iterator[str]:
    """Do it; each step is told once it is done. Raises ImageError."""
    ledger = Ledger(root)
    earlier = ledger.load()
    home = inside_folder(root, PREFIX)
    if earlier is None and home.exists():
        raise ImageError(f"{home} is there and was not made by provision; move it away, try again")
    receipt = _begin(root, plan, earlier, ledger)
    yield "wrote down what is there"
    _replace_environment(home, plan)
    yield f"installed {PREFIX}"
    wanted = {thing.path: thing for thing in plan.things}
    made_accounts = False
    for change in receipt.changes:
        if change.path not in wanted and not _stays(change):
            list(revert(root, change, ledger))  # an older Irbis brought it, this one does not
            continue
        _make(root, change, wanted.get(change.path))
        if change.path == SYSUSERS:
            accounts.make(root, inside_folder(root, SYSUSERS))
            made_accounts = True
        yield f"{change.after.kind} {change.path}"
    if not made_accounts:
        raise ImageError(f"the units lack {SYSUSERS}")
    plan.settle()
    asked = tuple(c for c in receipt.changes if c.path in wanted or _stays(c))
    ledger.save(replace(receipt, stage=COMPLETE, changes=asked, tree=digests(home)))
    yield "complete"


def digests(tree: Path) -> dict[str, str]:
    """SHA-256 of each file of ``tree``, by its path within."""
    found = (file for file in sorted(tree.rglob("*")) if file.is_file() and not file.is_symlink())
    return {str(file.relative_to(tree)): files.digest_of(file) for file in found}


def _stays(change: Change) -> bool:
    """What an earlier Irbis brought and this one does not name: folders, the station's own."""
    return change.private or change.after.kind == "folder"


def _begin(root: Path, plan: Plan, earlier: Receipt | None, ledger: Ledger) -> Receipt:
    planned = changes(root, plan.things, earlier)
    known = earlier.changes if earlier else ()
    before = earlier.accounts if earlier else _accounts(root)
    everything = merged(known, planned)
    for change in planned:
        if change.before.kind == "file":
            _keep(ledger, inside_folder(root, change.path), change.before)
    if earlier is None:
        for path in before:
            ledger.keep(inside_folder(root, path))
    receipt = Receipt(__version__, BEGUN, everything, before)
    ledger.save(receipt)
    return receipt


def _accounts(root: Path) -> dict[str, files.Thing]:
    looked = {path: files.look(inside_folder(root, path)) for path in accounts.ALL}
    return {path: thing for path, thing in looked.items() if thing.kind == "file"}


def _keep(ledger: Ledger, path: Path, before: files.Thing) -> None:
    if files.look(path).digest == before.digest:
        ledger.keep(path)


def _replace_environment(home: Path, plan: Plan) -> None:
    new, old = home.with_name(home.name + files.NEW), home.with_name(home.name + OLD)
    files.remove(new)
    new.parent.mkdir(exist_ok=True)
    plan.lay_out(new)
    plan.settle()
    if home.exists():
        files.remove(old)
        home.rename(old)
    new.rename(home)
    files.sync_folder(home.parent)
    files.remove(old)


def _make(root: Path, change: Change, thing: Wanted | None) -> None:
    path = inside_folder(root, change.path)
    group = accounts.group_id(root, "irbis") if change.private else 0
    if change.after.kind == "folder":
        path.mkdir(exist_ok=True)
        path.chmod(change.after.mode)
        os.chown(path, 0, group)
    elif thing is None:
        return
    elif thing.kind == "link":
        files.link(path, thing.target)
    else:
        files.write(path, thing.content, thing.mode, 0, group)


def told(changes: Iterable[Change]) -> Iterator[str]:
    """What would be done, a line each."""
    for change in changes:
        verb = "replace" if change.before.kind == "file" else "make"
        same = change.before.same(change.after)
        yield f"{'leave' if same else verb:8}{change.after.kind:7}{change.path}"
