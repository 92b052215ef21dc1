"""The words in braces that a Notecard puts into ``err`` and ``status``, and what follows from each.

Source: Blues' list of Notecard error and status codes (API 9.1.1), for the requests that this
package makes. A code that is not listed is refused with its own name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

_TAG = re.compile(r"\{([a-z0-9][a-z0-9-]{0,40})\}")
_MINUTE_S = 60.0
# The first stay in a penalty box, where the card does not say how long it lasts.
_PENALTY_S = 15 * _MINUTE_S


class Advice(IntEnum):
    """What to do, the gravest last."""

    PROGRESS = 0
    """Not an error: a sync is on its way."""
    DONE = 1
    """Not an error: the sync is over."""
    EMPTY = 2
    """There is no such note, or no such notefile: nothing waits."""
    RETRY = 3
    """The request was garbled: say it again."""
    WAIT = 4
    """It passes by itself, or with the next sync."""
    ACCOUNT = 5
    """The cloud does not let this card in: a person must change something there."""
    PERSON = 6
    """Trying again changes nothing: a person must look at the station or its settings."""


@dataclass(frozen=True, slots=True)
class Tag:
    """One code. ``wait_s`` is how long to wait at least, for WAIT."""

    name: str
    meaning: str
    advice: Advice
    wait_s: float = 0.0


def _tags(advice: Advice, wait_s: float = 0.0, **meanings: str) -> list[Tag]:
    return [
        Tag(name.replace("_", "-"), meaning, advice, wait_s) for name, meaning in meanings.items()
    ]


_ALL = [
    *_tags(
        Advice.DONE,
        sync_end="a sync is over",
        sync_completed="a sync is over",
        no_changes="a sync is over, and nothing had changed",
        idle="the radio is idle",
        normal="all is well",
    ),
    *_tags(
        Advice.EMPTY,
        note_noexist="no note waits",
        notefile_noexist="the notefile does not exist yet",
    ),
    *_tags(Advice.RETRY, io="the request reached the card garbled"),
    *_tags(
        Advice.WAIT,
        _MINUTE_S,
        auth_retry="the cloud did not know the card, which tries again",
        connect_aborted="the connection was broken off",
        connect_failure="no connection",
        connect_ll_failure="no connection",
        file_open="the card could not open a file",
        host_unreachable="the cloud cannot be reached",
        hub_not_connected="the card has no session with the cloud",
        network="the network failed",
        network_timeout="the network did not answer",
        network_down="no network",
        no_address="no address from the network",
        no_session="the card has no session with the cloud",
        notehub_open_failure="the cloud opened no session",
        receive_timeout="the cloud did not answer",
        registration_failure="the network did not register the modem",
        request_failure="the cloud could not be asked",
        service="the cloud failed",
        session_closed="the cloud closed the session",
        socket_connect_error="the cloud's socket did not open",
        socket_dns_failure="the cloud's name was not resolved",
        socket_tls_error="the cloud's certificate was not accepted",
        sync_error="the sync failed",
        sync_remote_error="the cloud could not take the changes",
        ticket="the cloud is starting anew",
        transport_unreachable="the cloud cannot be reached",
        unavailable="not available now",
        file_storage_full="the card is full until it has synced",
        file_write_failure="the card could not write until it has synced",
        full="the card is full until it has synced",
        note_max="the notefile holds as many notes as it may",
        filesys_reinit="the card is making its file system anew",
        dfu_in_progress="the card is updating its firmware",
        dfu_not_ready="the card is not ready to update its firmware",
        hub_mode="the card is in another mode",
        no_time="the card does not know the time yet",
    ),
    *_tags(
        Advice.WAIT,
        _PENALTY_S,
        extended_network_failure="no network for long: the card spares its battery",
        extended_service_failure="no cloud for long: the card spares its battery",
        modem_power_failure="the supply broke down under the modem's current",
    ),
    *(
        Tag(
            f"device-delay-{minutes}",
            "the cloud holds the card back",
            Advice.WAIT,
            minutes * _MINUTE_S,
        )
        for minutes in (5, 10, 15, 20, 30, 60)
    ),
    *_tags(
        Advice.ACCOUNT,
        auth="the cloud does not know this card",
        device_disabled="the card is disabled in the cloud",
        product_noexist="the cloud knows no such product: check the product's name",
        note_paused="the cloud's project pauses this card",
    ),
    *_tags(
        Advice.PERSON,
        bad_bin="binary data reached the card garbled",
        dead="the supply is critically low",
        incompatible="the request's fields do not go together",
        no_handler="the cloud has an error of its own",
        not_supported="the card does not know this request",
        notefile_bad_name="the notefile's name is not allowed",
        notefile_queue_disallowed="not allowed on a queue",
        socket_invalid_cert="the cloud's certificate is invalid: is the host right?",
        sync_local_error="the card's file system may be damaged",
        template_incompatible="the note does not fit its notefile's template",
        version="the card's firmware is too old",
    ),
]
DOCUMENTED = {tag.name: tag for tag in _ALL}
HEARTBEAT = "heartbeat"


def tags(text: str) -> tuple[str, ...]:
    """The names in braces in ``text``, in order."""
    return tuple(_TAG.findall(text))


def gravest(text: str) -> Tag | None:
    """The known tag in ``text`` that matters most; None where there is none."""
    known = [DOCUMENTED[name] for name in tags(text) if name in DOCUMENTED]
    return max(known, key=lambda tag: (tag.advice, tag.wait_s), default=None)
