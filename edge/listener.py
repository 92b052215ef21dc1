"""What a station tells whoever watches: a log, a terminal, a test."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.records import Burst, ItemKind, Judgement

_log = logging.getLogger("irbis")


class Listener:
    """Does nothing; override what interests you. Called from the station's own threads."""

    def armed(self) -> None:
        """The station is ready: a burst from now on is kept."""

    def captured(self, burst: Burst) -> None:
        """A burst is durable."""

    def settled(
        self, burst_id: str, judgement: Judgement, kept: bool, audited: bool, items: int
    ) -> None:
        """A burst is judged and the result committed; ``items`` were queued for basecamp."""

    def link(self, state: str) -> None:
        """The uplink changed its state; one line for a person."""

    def sent(self, kind: ItemKind, burst_id: str | None, size_bytes: int) -> None:
        """An item went out; it stays queued until it is acknowledged."""

    def acknowledged(self, kind: ItemKind, burst_id: str | None) -> None:
        """Basecamp has stored an item; it was released."""

    def cycle(self, phase: str) -> None:
        """A station that is woken for each event has come to this phase of its cycle."""

    def trouble(self, text: str) -> None:
        """Something went wrong that a person may want to know; one line."""


class LogListener(Listener):
    """Writes to the standard log, which systemd hands to the journal."""

    def armed(self) -> None:
        _log.info("armed")

    def captured(self, burst: Burst) -> None:
        _log.info("burst %s: %d frames stored", burst.burst_id[:8], len(burst.frames))

    def settled(
        self, burst_id: str, judgement: Judgement, kept: bool, audited: bool, items: int
    ) -> None:
        verdict = judgement.verdict
        what = "TARGET" if verdict.target else verdict.observation_type
        fate = "kept for audit" if audited else "kept" if kept else "dropped"
        _log.info("burst %s: %s, %s (%s)", burst_id[:8], what, fate, verdict.reason)

    def link(self, state: str) -> None:
        level = logging.INFO if state.startswith("connected to") else logging.WARNING
        _log.log(level, "uplink: %s", state)

    def acknowledged(self, kind: ItemKind, burst_id: str | None) -> None:
        _log.info("acknowledged: %s of %s", kind, (burst_id or "station")[:8])

    def cycle(self, phase: str) -> None:
        _log.info("cycle: %s", phase)

    def trouble(self, text: str) -> None:
        _log.warning("%s", text)
