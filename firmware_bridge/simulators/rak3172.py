"""A simulated RAK3172 with RUI3.

Answers as the RUI3 5.0.0 sources do, with what they leave to trip over: a blank line before OK, an
empty frame and AT_PARAM_ERROR for what is too long, the end of a transmission told before the
downlink that it brought, a wait for the duty cycle told before AT_BUSY_ERROR.
"""

from __future__ import annotations

import sys
from string import hexdigits

from firmware_bridge.lorawan_regions import REGIONS, Region
from firmware_bridge.simulators.at_device import Faults
from firmware_bridge.simulators.lorawan_air import JoinAccept, JoinRequest, Network
from firmware_bridge.simulators.lorawan_device import LorawanDevice
from firmware_bridge.simulators.lorawan_radio import Transmitted

_FACTORY = {
    "NWM": "1",
    "NJM": "1",
    "CLASS": "A",
    "ADR": "1",
    "CFM": "0",
    "RETY": "0",
    "DEVEUI": "AC1F09FFFE000000",
    "APPEUI": "AC1F09FFF9153172",
    "APPKEY": "AC1F09FFFE000000AC1F09FFF9153172",
}
_CHOICES = {
    "NWM": "012",
    "NJM": "01",
    "CLASS": "ABC",
    "ADR": "01",
    "CFM": "01",
    "RETY": "01234567",
}
_HEX = set(hexdigits)
_KEY_DIGITS = {"DEVEUI": 16, "APPEUI": 16, "APPKEY": 32}
_BANDS = {str(region.rak_band): region for region in REGIONS.values()}
# LORAMAC_EVENT_INFO_STATUS_RX2_TIMEOUT: nobody answered a confirmed frame.
_NO_ACKNOWLEDGEMENT = 4


class SimulatedRak3172(LorawanDevice):
    """See LorawanDevice. ``echo`` repeats each command, as after ATE."""

    def __init__(
        self,
        network: Network,
        region: Region = REGIONS["EU868"],
        seed: int = 0,
        speed: float = 1.0,
        faults: Faults | None = None,
        keeps_session: bool = False,
        echo: bool = False,
    ) -> None:
        super().__init__(network, region, seed, speed, faults, keeps_session)
        self.settings = dict(_FACTORY)
        self.echo = echo
        self._asleep = False

    def powered_up(self) -> None:
        """See AtDevice."""
        self._asleep = False
        self.say("RAKwireless RAK3172-E", "Version: RUI_5.0.0_RAK3172-E", "")
        self.say("Current Work Mode: LoRaWAN.")

    def command(self, line: str) -> None:
        """See AtDevice."""
        if self._asleep:
            # What wakes it is lost; the answer to AT+SLEEP comes now.
            self._asleep = False
            self._end("OK")
            return
        if self.echo:
            self.say(line)
        if line in ("AT", "ATE", "ATZ"):
            self._plain(line)
            return
        name, _, value = line.removeprefix("AT+").partition("=")
        if not line.startswith("AT+") or not name:
            self._end("AT_COMMAND_NOT_FOUND")
        elif value == "?":
            self._ask(name)
        else:
            self._do(name, value)

    def _plain(self, line: str) -> None:
        if line == "ATZ":
            self.restart()
            return
        if line == "ATE":
            self.echo = not self.echo
        self._end("OK")

    def _ask(self, name: str) -> None:
        values = self.settings | {
            "NJS": str(int(self.radio.session is not None)),
            "DR": str(self.radio.data_rate),
            "BAND": str(self.radio.region.rak_band),
            "VER": "RUI_5.0.0_RAK3172-E",
        }
        if name not in values:
            self._end("AT_COMMAND_NOT_FOUND")
            return
        self.say(f"AT+{name}={values[name]}")
        self._end("OK")

    def _do(self, name: str, value: str) -> None:
        if name == "SLEEP":
            self._asleep = True
        elif self.settings["NWM"] != "1" and name != "NWM":
            self._end("AT_MODE_NO_SUPPORT")
        elif name == "JOIN":
            self._join(value)
        elif name == "SEND":
            self._send(value)
        elif name in ("BAND", "DR") or name in self.settings:
            self._set(name, value)
        else:
            self._end("AT_COMMAND_NOT_FOUND")

    def _set(self, name: str, value: str) -> None:
        if self.radio.busy:
            self._end("AT_BUSY_ERROR")
            return
        if not self._takes(name, value):
            self._end("AT_UNSUPPORTED_BAND" if name == "BAND" else "AT_PARAM_ERROR")
            return
        changed = self.settings.get(name) != value
        if name == "BAND":
            self.radio.use(_BANDS[value])
        elif name == "DR":
            self.radio.data_rate = int(value)
        else:
            self.settings[name] = value
        if name in _KEY_DIGITS:
            self.radio.forget_session()
        self.radio.adr = self.settings["ADR"] == "1"
        self._end("OK")
        if name == "NWM" and changed:
            self.restart()

    def _takes(self, name: str, value: str) -> bool:
        if name in _KEY_DIGITS:
            return len(value) == _KEY_DIGITS[name] and set(value) <= _HEX
        if name == "BAND":
            return value in _BANDS
        if name == "DR":
            return value.isdecimal() and int(value) in self.radio.region.data_rates
        return len(value) == 1 and value in _CHOICES[name]

    def _join(self, value: str) -> None:
        numbers = [int(part) if part.isdecimal() else -1 for part in (value or "1").split(":")]
        limits = ((0, 1), (0, 1), (7, 255), (0, 255))
        start, _, period_s, retries = numbers[:4] + [1, 0, 8, 0][len(numbers) :]
        wrong = [
            got for got, ends in zip(numbers, limits, strict=False) if not ends[0] <= got <= ends[1]
        ]
        if len(numbers) > 4 or wrong:
            self._end("AT_PARAM_ERROR")
        elif self.radio.busy or self._restricted():
            self._end("AT_BUSY_ERROR")
        else:
            if start:
                self._ask_network(period_s, retries)
            self._end("OK")

    def _ask_network(self, period_s: int, retries: int) -> None:
        def done(accept: JoinAccept | None) -> None:
            if accept is not None:
                self.say("+EVT:JOINED")
                return
            self.say("+EVT:JOIN_FAILED_RX_TIMEOUT")
            if retries:
                self.timers.after(period_s, lambda: self._ask_network(period_s, retries - 1))

        if self.radio.wait_s() > 0:
            self.timers.after(self.radio.wait_s(), lambda: self._ask_network(period_s, retries))
            return
        self.joins += 1
        eui, join_eui, key = (bytes.fromhex(self.settings[name]) for name in _KEY_DIGITS)
        self.radio.join(JoinRequest(eui, join_eui, key, 0, 0, 0), done)

    def _send(self, value: str) -> None:
        port, _, digits = value.partition(":")
        port_ok = port.isdecimal() and 1 <= int(port) <= 223
        if not port_ok or len(digits) % 2 or not 0 < len(digits) <= 500 or set(digits) - _HEX:
            self._end("AT_PARAM_ERROR")
        elif self.radio.session is None:
            self._end("AT_NO_NETWORK_JOINED")
        elif self.radio.busy or self._restricted():
            self._end("AT_BUSY_ERROR")
        else:
            self._transmit(int(port), bytes.fromhex(digits))

    def _transmit(self, port: int, payload: bytes) -> None:
        if len(payload) > self.radio.payload_bytes:
            self.radio.send(None, b"", False, 1, self._sent_unconfirmed)
            self._end("AT_PARAM_ERROR")
            return
        confirmed = self.settings["CFM"] == "1"
        tries = int(self.settings["RETY"]) + 1 if confirmed else 1
        done = self._sent_confirmed if confirmed else self._sent_unconfirmed
        self.radio.send(port, payload, confirmed, tries, done)
        self._end("OK")

    def _sent_confirmed(self, end: Transmitted) -> None:
        failed = f"+EVT:SEND_CONFIRMED_FAILED({_NO_ACKNOWLEDGEMENT})"
        self.say("+EVT:SEND_CONFIRMED_OK" if end.acknowledged else failed)
        self._received(end)

    def _sent_unconfirmed(self, end: Transmitted) -> None:
        self.say("+EVT:TX_DONE")
        self._received(end)

    def _received(self, end: Transmitted) -> None:
        down = end.downlink
        if down is not None and down.port is not None:
            strength = f"{down.rssi_dbm}:{round(down.snr_db)}"
            data = down.payload.hex()
            self.say(f"+EVT:RX_{down.window}:{strength}:UNICAST:{down.port}:{data}")

    def _restricted(self) -> bool:
        wait_s = self.radio.wait_s()
        if wait_s > 0:
            self.say(f"Restricted_Wait_{int(wait_s * 1000) + 1}_ms")
        return wait_s > 0

    def _end(self, word: str) -> None:
        self.say("", word)


if __name__ == "__main__":
    from firmware_bridge.simulators.lorawan import main

    sys.exit(main(["--modem", "rak3172", *sys.argv[1:]]))
