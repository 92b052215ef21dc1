"""Answers to an Iridium modem: a message that its next session brings, for a credit each.

After Ground Control's description (docs.groundcontrol.com: RockBLOCK, Sending MT messages): POST
``imei``, ``username``, ``password`` and ``data`` in hexadecimal; the answer is ``OK,id`` or
``FAILED,code,text``. They are sent as a form, not in the URL, where a proxy would log them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from tools.basecamp.hook_client import CarrierApi, SendError, printable, secret_in
from tools.basecamp.radio_devices import number_of

ROCKBLOCK_URL = "https://rockblock.rock7.com"
ANSWERS_PER_DAY = 8
_PATH = "/rockblock/MT"
_FAILURES = {
    "10": "refuses user name or password",
    "11": "knows no such IMEI in this account",
    "12": "has no line rental for this modem",
    "13": "has no credit left",
}


@dataclass(frozen=True, slots=True)
class RockblockTerms:
    """The account, and how many answers a station may get a day.

    A message down costs one credit for 50 bytes, and spares the station, a day later, a repetition
    of up to seven: so few are needed, but some.
    """

    user: str
    password_file: Path
    answers_per_day: int = ANSWERS_PER_DAY
    url: str = ROCKBLOCK_URL
    ca_file: Path | None = None


class RockblockSender:
    """See Sender. For one thread. Raises AddressError."""

    def __init__(self, terms: RockblockTerms) -> None:
        self._terms = terms
        self._api = CarrierApi(terms.url, terms.ca_file)

    def send(self, device: str, frame: bytes) -> None:
        """See Sender."""
        form = {
            "imei": number_of(device),
            "username": self._terms.user,
            "password": secret_in(self._terms.password_file),
            "data": frame.hex(),
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/plain"}
        answer = self._api.post(_PATH, headers, urlencode(form).encode("ascii"))
        if answer.status != 200:
            raise SendError(f"RockBLOCK answers {answer.status}: {printable(answer.text)}")
        state, _, rest = answer.text.partition(",")
        if state.strip() != "OK":
            what = _FAILURES.get(rest.partition(",")[0].strip())
            raise SendError(f"RockBLOCK {what or 'answers ' + printable(answer.text)}")
