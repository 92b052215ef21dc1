"""What Notehub posts when a Blues Notecard has synced: one JSON object for each note.

After Blues' description of routes and events (dev.blues.io: Notehub walkthrough, event API; the
schema ``Event`` of their OpenAPI file). Used are ``device`` (``dev:...``), ``file`` (the Notefile)
and ``payload`` (base64). A post counts as failed where it is not answered within 30 s or with a
status from 500 on; Notehub then repeats it. Other statuses are final.
"""

from __future__ import annotations

import base64
import binascii

from tools.basecamp import lorawan_events as events
from tools.basecamp.hook_message import LARGEST_FRAME_BYTES, HookMessage
from tools.basecamp.lorawan_events import EventRefused
from tools.basecamp.radio_devices import DeviceRefused, parse_notecard


class Notehub:
    """See HookCarrier. Its route sends the event as it is, without a JSONata transformation."""

    name = "Notehub"
    path = "/hooks/notehub"

    def read(self, content_type: str, body: bytes) -> HookMessage | None:
        """See HookCarrier. Notes without a payload are none of ours, such as a session's."""
        del content_type  # the operator may set another in the route
        event = events.parse(body)
        if events.text(event, "file").startswith("_"):
            return None
        coded = events.text(event, "payload")
        if not coded:
            return None
        try:
            frame = base64.b64decode(coded, validate=True)
        except (binascii.Error, ValueError):
            raise EventRefused("its payload is not base64") from None
        if len(frame) > LARGEST_FRAME_BYTES:
            raise EventRefused(f"its payload is longer than {LARGEST_FRAME_BYTES} bytes")
        try:
            return HookMessage(parse_notecard(events.text(event, "device")), frame)
        except DeviceRefused:
            raise EventRefused("its device is no dev:...") from None
