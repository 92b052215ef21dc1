"""The options of `irbis basecamp serve` for carriers that post what their modems sent."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import ConfigError
from tools.basecamp import entrance_options

if TYPE_CHECKING:
    from tools.basecamp.hook_service import HookTerms
    from tools.basecamp.notehub_client import NotehubTerms
    from tools.basecamp.rockblock_client import RockblockTerms


def configure(group: argparse._ArgumentGroup) -> None:
    """Add the options."""
    entrance_options.configure(
        group,
        "hooks",
        "where Notehub and RockBLOCK post what modems sent",
        "behind a proxy that speaks it",
    )
    group.add_argument(
        "--notehub-project", metavar="app:...", help="answer Notecards of this project"
    )
    group.add_argument(
        "--notehub-token-file", metavar="FILE", type=Path, help="a personal access token"
    )
    group.add_argument("--rockblock-user", metavar="NAME", help="answer modems of this account")
    group.add_argument(
        "--rockblock-password-file", metavar="FILE", type=Path, help="its first line"
    )
    group.add_argument(
        "--rockblock-answers-per-day",
        metavar="N",
        type=_answers,
        help="at most, for each station; each costs a credit (default: 8)",
    )


def terms_of(args: argparse.Namespace) -> HookTerms | None:
    """What the options ask for; None without hooks. Raises ConfigError."""
    chosen = entrance_options.chosen(args, "hooks")
    if chosen is None:
        _check_unused(args)
        return None
    from tools.basecamp.hook_service import HookTerms

    return HookTerms(*chosen, _notehub(args), _rockblock(args))


def _notehub(args: argparse.Namespace) -> NotehubTerms | None:
    from tools.basecamp.notehub_client import NotehubTerms

    project, token_file = args.notehub_project, args.notehub_token_file
    if not _are_alike(project, token_file):
        raise ConfigError("give both --notehub-project and --notehub-token-file, or neither")
    return None if project is None else NotehubTerms(project, token_file)


def _rockblock(args: argparse.Namespace) -> RockblockTerms | None:
    from tools.basecamp.rockblock_client import ANSWERS_PER_DAY, RockblockTerms

    user, password_file = args.rockblock_user, args.rockblock_password_file
    if not _are_alike(user, password_file):
        raise ConfigError("give both --rockblock-user and --rockblock-password-file, or neither")
    if user is None:
        return None
    given = args.rockblock_answers_per_day
    return RockblockTerms(user, password_file, ANSWERS_PER_DAY if given is None else given)


def _are_alike(one: object, other: object) -> bool:
    """Both given or neither."""
    return (one is None) == (other is None)


def _check_unused(args: argparse.Namespace) -> None:
    for name, value in vars(args).items():
        if name.startswith(("notehub_", "rockblock_")) and value is not None:
            option = "--" + name.replace("_", "-")
            raise ConfigError(f"{option}: give --hooks HOST:PORT, too: where carriers post")


def _answers(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0")
    return int(text)
