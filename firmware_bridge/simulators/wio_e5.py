"""A simulated Wio-E5: the LoRa-E5 AT command specification 1.0, as far as LoRaWAN class A goes."""

from __future__ import annotations

import sys
from collections.abc import Callable

from firmware_bridge.lorawan_regions import REGIONS, DataRate, Region
from firmware_bridge.simulators.at_device import Faults
from firmware_bridge.simulators.lorawan_air import JoinAccept, JoinRequest, Network
from firmware_bridge.simulators.lorawan_device import LorawanDevice
from firmware_bridge.simulators.lorawan_radio import Transmitted

_FACTORY = {"MODE": "LWABP", "CLASS": "A", "ADR": "ON", "PORT": "8", "RETRY": "3"}
_CHOICES: dict[str, Callable[[str], bool]] = {
    "MODE": lambda value: value in ("LWABP", "LWOTAA", "TEST"),
    "CLASS": lambda value: value in ("A", "C"),
    "ADR": lambda value: value in ("ON", "OFF"),
    "PORT": lambda value: value.isdecimal() and 1 <= int(value) <= 255,
    "RETRY": lambda value: value.isdecimal() and int(value) <= 254,
}
_IDS = {"DevAddr": 4, "DevEui": 8, "AppEui": 8}
_MOST_COMMAND_CHARACTERS = 528


class SimulatedWioE5(LorawanDevice):
    """See LorawanDevice."""

    baud = 9_600

    def __init__(
        self,
        network: Network,
        region: Region = REGIONS["EU868"],
        seed: int = 0,
        speed: float = 1.0,
        faults: Faults | None = None,
        keeps_session: bool = False,
    ) -> None:
        super().__init__(network, region, seed, speed, faults, keeps_session)
        self.settings = dict(_FACTORY)
        self.ids = {
            "DevAddr": bytes(4),
            "DevEui": bytes.fromhex("2cf7f12024900138"),
            "AppEui": bytes.fromhex("8000000000000006"),
        }
        self._key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
        self._asleep = False

    def powered_up(self) -> None:
        """See AtDevice. It starts without a word."""
        self._asleep = False

    def command(self, line: str) -> None:
        """See AtDevice."""
        if self._asleep:
            # What wakes it is lost.
            self._asleep = False
            self.say("+LOWPOWER: WAKEUP")
            return
        if len(line) > _MOST_COMMAND_CHARACTERS:
            self.say("+AT: ERROR(-21)")
            return
        if line.upper() == "AT":
            self.say("+AT: OK")
            return
        name, _, value = line[3:].partition("=")
        name = name.rstrip("?").upper()
        answers: dict[str, Callable[[str], None]] = {
            "ID": self._id,
            "KEY": self._set_key,
            "DR": self._dr,
            "LW": self._lw,
            "JOIN": self._join,
            "MSGHEX": lambda value: self._send("MSGHEX", value, confirmed=False),
            "CMSGHEX": lambda value: self._send("CMSGHEX", value, confirmed=True),
            "LOWPOWER": self._sleep,
            "RESET": self._reset,
            "VER": lambda _: self.say("+VER: 4.0.11"),
        }
        answer = answers.get(name)
        if not line.upper().startswith("AT+"):
            self.say("+AT: ERROR(-11)")
        elif answer is not None:
            answer(value)
        elif name in self.settings:
            self._setting(name, value)
        else:
            self.say("+AT: ERROR(-10)")

    def _setting(self, name: str, value: str) -> None:
        if value and not _CHOICES[name](value):
            self.say(f"+{name}: ERROR(-1)")
            return
        if value:
            self.settings[name] = value
            self.radio.adr = self.settings["ADR"] == "ON"
        self.say(f"+{name}: {self.settings[name]}")

    def _id(self, value: str) -> None:
        name, _, digits = value.partition(",")
        known = {each.upper(): each for each in _IDS}.get(name.upper())
        if value and known is None:
            self.say("+ID: ERROR(-1)")
            return
        if known is not None and digits:
            raw = _hex(digits)
            if raw is None or len(raw) != _IDS[known]:
                self.say("+ID: ERROR(-1)")
                return
            self.ids[known] = raw
            self.radio.forget_session()
        for each in [known] if known else list(_IDS):
            self.say(f"+ID: {each}, {self.ids[each].hex(':').upper()}")

    def _set_key(self, value: str) -> None:
        name, _, digits = value.partition(",")
        raw = _hex(digits)
        if name.upper() != "APPKEY" or raw is None or len(raw) != 16:
            self.say("+KEY: ERROR(-1)")
            return
        self._key = raw
        self.radio.forget_session()
        self.say(f"+KEY: APPKEY {raw.hex().upper()}")

    def _dr(self, value: str) -> None:
        radio = self.radio
        if value in REGIONS:
            radio.use(REGIONS[value])
            self.say(f"+DR: {value}")
            return
        if value and not (value.isdecimal() and int(value) in radio.region.data_rates):
            self.say("+DR: ERROR(-1)")
            return
        if value:
            radio.data_rate = int(value)
        # With ADR it tells the rate that was set, and which one the network made of it.
        chosen = radio.region.join_data_rate
        rates = [radio.data_rate] if radio.data_rate == chosen else [radio.data_rate, chosen]
        adr = f" (ADR DR{radio.data_rate})" if len(rates) > 1 else ""
        self.say(f"+DR: DR{chosen}{adr}")
        for rate in rates:
            told = _told(radio.region.data_rates[rate])
            self.say(f"+DR: {radio.region.name} DR{rate}  {told} ")

    def _lw(self, value: str) -> None:
        if value.upper() == "LEN":
            self.say(f"+LW: LEN, {self.radio.payload_bytes}")
        else:
            self.say("+LW: ERROR(-1)")

    def _sleep(self, _: str) -> None:
        self._asleep = True
        self.say("+LOWPOWER: SLEEP")

    def _reset(self, _: str) -> None:
        self.say("+RESET: OK")
        self.restart()

    def _join(self, value: str) -> None:
        if self.settings["MODE"] != "LWOTAA":
            self.say("+JOIN: Not in OTAA mode")
        elif self.radio.session is not None and value.upper() != "FORCE":
            self.say("+JOIN: Joined already")
        elif not self._refused("JOIN"):
            self.joins += 1
            self.say("+JOIN: Start", "+JOIN: FORCE" if value else "+JOIN: NORMAL")
            request = JoinRequest(self.ids["DevEui"], self.ids["AppEui"], self._key, 0, 0, 0)
            self.radio.join(request, self._joined)

    def _joined(self, accept: JoinAccept | None) -> None:
        if accept is None:
            self.say("+JOIN: Join failed")
        else:
            address = accept.dev_addr.hex(":").upper()
            self.ids["DevAddr"] = accept.dev_addr
            self.say("+JOIN: Network joined")
            self.say(f"+JOIN: NetID {accept.net_id.hex().upper()} DevAddr {address}")
        self.say("+JOIN: Done")

    def _send(self, name: str, value: str, confirmed: bool) -> None:
        payload = _hex(value) if value else b""
        if payload is None:
            self.say(f"+{name}: ERROR(-1)")
        elif self.radio.session is None:
            self.say(f"+{name}: Please join network first")
        elif self._refused(name):
            return
        elif len(payload) > self.radio.payload_bytes:
            self.say(f"+{name}: Length error {self.radio.payload_bytes}")
        else:
            self.say(f"+{name}: Start")
            if confirmed:
                self.say(f"+{name}: Wait ACK")
            port = int(self.settings["PORT"]) if payload else None
            tries = max(int(self.settings["RETRY"]), 1) if confirmed else 1
            self.radio.send(port, payload, confirmed, tries, lambda end: self._sent(name, end))

    def _sent(self, name: str, end: Transmitted) -> None:
        down = end.downlink
        if down is not None and down.pending:
            self.say(f"+{name}: FPENDING")
        if end.acknowledged:
            self.say(f"+{name}: ACK Received")
        if down is not None and down.port is not None:
            self.say(f'+{name}: PORT: {down.port}; RX: "{down.payload.hex().upper()}"')
        if down is not None:
            strength = f"RSSI {down.rssi_dbm}, SNR {down.snr_db:.1f}"
            self.say(f"+{name}: RXWIN{down.window}, {strength}")
        self.say(f"+{name}: Done")

    def _refused(self, name: str) -> bool:
        if self.radio.busy:
            self.say(f"+{name}: LoRaWAN modem is busy")
            return True
        wait_s = self.radio.wait_s()
        if wait_s > 0:
            self.say(f"+{name}: No band in {int(wait_s * 1000) + 1}ms")
        return wait_s > 0


def _hex(quoted: str) -> bytes | None:
    try:
        return bytes.fromhex(quoted.strip().strip('"').replace(":", " "))
    except ValueError:
        return None


def _told(rate: DataRate) -> str:
    if rate.spreading_factor == 0:
        return "FSK"
    return f"SF{rate.spreading_factor:<2} BW{rate.bandwidth_hz // 1000}K"


if __name__ == "__main__":
    from firmware_bridge.simulators.lorawan import main

    sys.exit(main(["--modem", "wio-e5", *sys.argv[1:]]))
