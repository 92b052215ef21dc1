"""How long a round of each loop may take, and how long it may only fail.

Too little patience ends a station that does its work; too much costs what a hung camera does not
see. So each is a multiple of the longest round that was reasoned or measured, and the loops that
catch have the least. A loop that fails for ever because of what is outside (a broker, a card
without room) is left to go on: a new process would fail as well, and catch nothing meanwhile.
"""

from __future__ import annotations

from edge.health.progress import Patience

_MINUTE_S = 60.0
_HOUR_S = 3600.0

TRIAGE_S = 30 * _MINUTE_S
"""Loading models from a slow card, and one invocation that began within ``[triage] timeout_s``; the
clock of that is looked at between invocations. ``triage`` adds the time-out itself."""
HEARTBEAT = Patience(silent_s=10 * _MINUTE_S)
"""One transaction, behind those of all others: each waits for the card, and SQLite 30 s for a lock.
What fails is a full card."""
BOARD = Patience(silent_s=10 * _MINUTE_S)
"""The controller and the battery: serial answers are waited for seconds, some tries each."""
LINK = Patience(silent_s=2 * _HOUR_S)
"""A modem that joins, sends at the slowest rate and waits for its duty cycle; a session over
cellular, 15 min and a dead network's time-outs; a satellite that is sought. Nothing is lost while
a link hangs: all it would have sent waits."""
OWN = Patience(silent_s=10 * _MINUTE_S)
"""What looks at clocks, counters or the cycle, and asks the controller at most: where this hangs a
station stays up for hours that was to be switched off."""
STATUS = Patience(silent_s=10 * _MINUTE_S)
"""A few counts out of the database, behind everybody's transactions."""

_KNOWN = {
    "heartbeat": HEARTBEAT,
    "controller": BOARD,
    "power": BOARD,
    "status": STATUS,
    "waking": BOARD,
    "energy": OWN,
    "clock": OWN,
    "lately": OWN,
    "telemetry": OWN,
}


def capture(silent_s: float) -> Patience:
    """For catching: ``[daemon] capture_silent_s``, 10 min where nobody set it. The longest rounds
    are the first look into a folder of 100 000 pictures, at some 5 ms each on a small board, and a
    burst of 100 MB sealed and synced at 1 MB/s. What only fails may be the camera's handle, or the
    card's: a new process opens both anew."""
    return Patience(silent_s=silent_s, failing_s=_HOUR_S)


def triage(timeout_s: float) -> Patience:
    """For judging, where a burst is given up after ``timeout_s``. A stage that only fails has a bug
    that this process may have brought upon itself: the next one loads its models anew."""
    return Patience(silent_s=TRIAGE_S + timeout_s, failing_s=_HOUR_S)


def patience_of(loop: str) -> Patience:
    """For the loop of this name; a link's patience for any that is not known here."""
    return _KNOWN.get(loop, LINK)
