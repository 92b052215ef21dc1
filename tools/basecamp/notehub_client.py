"""Answers to a Notecard: a note in an incoming queue, which its next sync brings.

After Blues' OpenAPI file (AddQiNote): POST
``/v1/projects/{app}/devices/{dev}/notes/{file}`` with ``payload`` in base64 and a bearer token; an
empty object says that it is queued, an error has ``err``, ``code`` and ``status``. A personal
access token serves; an OAuth token would expire after half an hour.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tools.basecamp.errors import AddressError
from tools.basecamp.hook_client import CarrierApi, SendError, printable, secret_in

NOTEHUB_URL = "https://api.notefile.net"
_PROJECT = re.compile(r"(app|product):[0-9A-Za-z_.:-]{1,100}")


@dataclass(frozen=True, slots=True)
class NotehubTerms:
    """The project, ``app:...``, the file with its token, and the Notefile that stations read.

    Raises AddressError for what is no project.
    """

    project: str
    token_file: Path
    url: str = NOTEHUB_URL
    inbox: str = "down.qi"
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        if _PROJECT.fullmatch(self.project) is None:
            raise AddressError(
                f"Notehub project {self.project!r}: expected its ProjectUID, such as"
                " app:2606f411-dea6-44a0-9743-1130f57d77d8"
            )


class NotehubSender:
    """See Sender. For one thread. Raises AddressError."""

    def __init__(self, terms: NotehubTerms) -> None:
        self._terms = terms
        self._api = CarrierApi(terms.url, terms.ca_file)

    def send(self, device: str, frame: bytes) -> None:
        """See Sender."""
        terms = self._terms
        names = (quote(name, safe="") for name in (terms.project, device, terms.inbox))
        path = "/v1/projects/{}/devices/{}/notes/{}".format(*names)
        note = json.dumps({"payload": base64.b64encode(frame).decode("ascii")})
        token = secret_in(terms.token_file)
        if not token.isascii():
            raise SendError(f"{terms.token_file}: its first line is no token of Notehub's")
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        answer = self._api.post(path, headers, note.encode("ascii"))
        if answer.status in (401, 403):
            raise SendError(f"Notehub refuses the token in {terms.token_file}; make another")
        if not 200 <= answer.status < 300:
            raise SendError(f"Notehub answers {answer.status}: {printable(answer.text)}")
