"""What a Wio-E5 says: ``+COMMAND: text`` lines, taken apart.

Source: LoRa-E5 AT command specification 1.0, and the RisingHF specification that it descends from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from firmware_bridge.modem import Downlink

ERRORS = {
    "-1": "it does not take the value",
    "-10": "it does not know the command",
    "-11": "the command has a wrong form",
    "-12": "not in this mode: it must be LWOTAA",
    "-20": "too many values",
    "-21": "the command is longer than 528 characters",
    "-22": "the end of the command did not arrive in time",
    "-23": "the command arrived damaged",
    "-24": "the command arrived damaged or too long",
}
GARBLED = frozenset({"-10", "-11", "-20", "-21", "-22", "-23", "-24"})
"""Errors that noise on the way to the module brings about: asking again may help."""

# Noise has no line end of its own: what stands before an answer is not part of it.
_LINE = re.compile(r".*\+([A-Z0-9]{1,16}):\s*(.*)")
_ERROR = re.compile(r"ERROR\((-\d{1,3})\)")
_NO_BAND = re.compile(r"No band in (\d{1,10})ms")
_LENGTH = re.compile(r"Length error (\d{1,4})")
_PORT = re.compile(r'PORT:\s*(\d{1,3});\s*RX:\s*"([0-9A-Fa-f ]*)"')
# Documentation shows RXWIN1 and RXWIN2, devices also RXWIN0 and numbers run together: any digits.
_WINDOW = re.compile(r"RXWIN\d+,\s*RSSI\s*(-?\d{1,4}),\s*SNR\s*(-?\d{1,3}(?:\.\d{1,3})?)")
# Two lines where the network chose the rate: "DR0 (ADR DR5)" and, first of the named ones, DR5.
_NAMED_RATE = re.compile(r"([A-Z]{2,3}\d{3}\w*)\s+DR(\d{1,2})\b.*")


@dataclass(frozen=True, slots=True)
class Line:
    """One answer: the command that it belongs to, and its text."""

    command: str
    text: str

    @property
    def error(self) -> str | None:
        """The number of an error, as ``-12``; None where it is none."""
        found = _ERROR.fullmatch(self.text)
        return None if found is None else found[1]

    @property
    def no_band_s(self) -> float | None:
        """How long the duty cycle forbids to send."""
        found = _NO_BAND.fullmatch(self.text)
        return None if found is None else int(found[1]) / 1000

    @property
    def length_error(self) -> int | None:
        """The longest payload, where a longer one was asked for."""
        found = _LENGTH.fullmatch(self.text)
        return None if found is None else int(found[1])

    @property
    def received(self) -> Downlink | None:
        """A downlink; how strong it was, the next line tells."""
        found = _PORT.fullmatch(self.text)
        if found is None or not 1 <= int(found[1]) <= 255:
            return None
        try:
            return Downlink(bytes.fromhex(found[2]), int(found[1]))
        except ValueError:
            return None

    @property
    def strength(self) -> tuple[float, float] | None:
        """RSSI in dBm and SNR in dB of what was just received."""
        found = _WINDOW.fullmatch(self.text)
        return None if found is None else (float(found[1]), float(found[2]))

    @property
    def named_rate(self) -> tuple[str, int] | None:
        """A region and the number of a data rate."""
        found = _NAMED_RATE.fullmatch(self.text)
        return None if found is None else (found[1], int(found[2]))


def parse_line(text: str) -> Line | None:
    """The answer in ``text``; None where it is none (noise, or half a line)."""
    found = _LINE.fullmatch(text)
    return None if found is None else Line(found[1], found[2].strip())
