"""What Ground Control posts when a RockBLOCK has sent: one message of Iridium SBD.

After Ground Control's description (docs.groundcontrol.com: RockBLOCK, Receiving MO messages via
HTTP webhook): a form or a JSON object with ``imei``, ``momsn``, ``transmit_time``,
``iridium_latitude``, ``iridium_longitude``, ``iridium_cep``, ``data`` in hexadecimal, and a JWT
that repeats them. Used are ``imei`` and ``data``: the JWT would prove who posts, but a frame proves
who wrote it. Only status 200 within 3 s counts as handled; else the message is posted again.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from tools.basecamp import lorawan_events as events
from tools.basecamp.hook_message import LARGEST_FRAME_BYTES, HookMessage
from tools.basecamp.lorawan_events import EventRefused
from tools.basecamp.radio_devices import DeviceRefused, parse_imei

_MOST_FIELDS = 64


class Rockblock:
    """See HookCarrier. The delivery address may be HTTP_POST or HTTP_JSON."""

    name = "RockBLOCK"
    path = "/hooks/rockblock"

    def read(self, content_type: str, body: bytes) -> HookMessage | None:
        """See HookCarrier. A message without content is a look into the mailbox."""
        is_json = content_type.partition(";")[0].strip().lower() == "application/json"
        fields = events.parse(body) if is_json else _form(body)
        coded = events.text(fields, "data")
        if not coded:
            return None
        try:
            frame = bytes.fromhex(coded)
        except ValueError:
            raise EventRefused("its data is not hexadecimal") from None
        if len(frame) > LARGEST_FRAME_BYTES:
            raise EventRefused(f"its data is longer than {LARGEST_FRAME_BYTES} bytes")
        try:
            return HookMessage(parse_imei(_digits(fields.get("imei"))), frame)
        except DeviceRefused:
            raise EventRefused("its imei has not 15 digits") from None


def _digits(value: object) -> str:
    """JSON may hold an IMEI as a number."""
    return str(value) if isinstance(value, str) or type(value) is int else ""


def _form(body: bytes) -> dict[str, Any]:
    try:
        return dict(parse_qsl(body.decode("ascii"), max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise EventRefused("it is no form; choose HTTP_POST or HTTP_JSON") from None
