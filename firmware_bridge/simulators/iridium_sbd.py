"""An Iridium 9602 or 9603 on a pty, its sky and its gateway.

    python -m firmware_bridge.simulators.iridium_sbd --seed 1 --failed-session 0.2

prints the pty's path on its first line, then each message that the gateway got, and queues each
line of its input, in hexadecimal, as a message for the modem.

After Iridium's AT command reference: one buffer each way, both emptied by a power cut; the MOMSN
survives it; a session empties the MT buffer, and leaves the MO buffer as it is.
"""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import dataclass, field

from firmware_bridge.iridium_frames import MOMSN_MODULUS, MOST_MO_BYTES, SYSTEM_EPOCH, checksum
from firmware_bridge.simulators.iridium_sky import Fate, Faults, Gateway, OnMessage, Sky
from firmware_bridge.simulators.pty_device import PtyDevice, run_program

_BAUD = 19_200
_START_S = 2.0
_SESSION_S = (6.0, 22.0)
_REFUSAL_S = 0.5
_WRITE_TIMEOUT_S = 60.0
_SIGNAL_S = 2.0
_TRAFFIC_WAIT_S = 45
_TICK_S = 0.09
_MOST_COMMAND_BYTES = 128
# What the modem finds out before it calls, and needs no session's time for.
_WITHOUT_A_CALL = {16, 32, 33, 34, 35, 36, 37, 38, 64, 65}


@dataclass(slots=True)
class _Volatile:
    """What a power cut takes."""

    mo: bytes = b""
    mt: bytes | None = None
    mtmsn: int = -1
    echo: bool = True
    ring_alerts: bool = True
    reports_signal: bool = False
    ring: bool = False
    radio: bool = True
    command: bytearray = field(default_factory=bytearray)


class _PowerCut(Exception):
    pass


class IridiumSbdSimulator(PtyDevice):
    """The modem. For other threads: what is public, while the device runs."""

    def __init__(
        self,
        on_message: OnMessage = lambda momsn, message: None,
        *,
        seed: int = 0,
        speed: float = 1.0,
        faults: Faults | None = None,
        bars: int = 4,
    ) -> None:
        """``bars`` is its signal, 0 to 5, where there is a satellite; 0 is no service."""
        super().__init__(speed, _BAUD)
        self.gateway = Gateway(on_message)
        self.momsn = 0
        self.sessions = 0
        """How many were asked for."""
        self._random = random.Random(seed)
        self._faults = faults or Faults()
        self._sky = Sky(seed, self._random, self._faults, bars)
        self._waiting = 0
        self._now = _Volatile()

    @property
    def mo_buffer(self) -> bytes:
        """The message that lies in the modem, delivered or not."""
        return self._now.mo

    @property
    def radio(self) -> bool:
        """Whether the radio is switched on."""
        return self._now.radio

    def meet(self, *fates: Fate) -> None:
        """Let the next sessions end as told, before chance has its say."""
        self._sky.fates.extend(fates)

    def send_downlink(self, message: bytes) -> None:
        """Queue ``message`` at the gateway, which rings where the modem has signal."""
        self.gateway.queue(message)
        self.order(self._ring)

    def set_bars(self, bars: int) -> None:
        """Change the signal; the modem says so where it was asked to."""
        self.order(lambda: self._change_bars(bars))

    def cut_power(self) -> None:
        """Brown-out: the buffers are empty and the settings gone, the MOMSN stays."""
        self.order(self._brown_out)

    def play(self) -> None:
        """See PtyDevice."""
        while True:
            try:
                for byte in self.read():
                    self._hear(byte)
            except _PowerCut:
                self._now = _Volatile()
                self.be_off(_START_S)

    def _hear(self, byte: int) -> None:
        command = self._now.command
        command.append(byte)
        if byte != ord("\r"):
            del command[:-_MOST_COMMAND_BYTES]
            return
        if self._now.echo:
            self.write(bytes(command))
        text = command.decode("ascii", errors="replace").strip().upper()
        command.clear()
        if text.startswith("AT"):
            self._obey(text[2:])
        elif text:
            self._answer("ERROR")

    def _obey(self, command: str) -> None:
        name, equals, value = command.partition("=")
        if equals:
            self._obey_setting(name, value)
        elif name in ("E0", "E1"):
            self._now.echo = name == "E1"
            self._answer("OK")
        elif name in ("*R1", "*R0", "*F"):
            self._now.radio = name == "*R1"
            self._answer("OK")
        elif name in ("", "&K0", "&D0", "&W0"):
            self._answer("OK")
        elif name in ("+SBDIX", "+SBDIXA"):
            self._answer(self._session(), "OK")
        elif name == "+SBDRB":
            self._read_mt()
        elif name in ("+SBDD0", "+SBDD1", "+SBDD2"):
            self._clear(int(name[-1]))
        else:
            self._answer(*self._tell(name))

    def _obey_setting(self, name: str, value: str) -> None:
        if name == "+SBDWB" and value.isdecimal():
            self._write_mo(int(value))
        elif name == "+SBDMTA" and value in ("0", "1"):
            self._now.ring_alerts = value == "1"
            self._answer("OK")
        elif name == "+CIER":
            self._now.reports_signal = value.startswith("1,1")
            self._answer("OK")
        else:
            self._answer("ERROR")

    def _tell(self, name: str) -> tuple[str, ...]:
        now = self._now
        if name == "+CSQF":
            return f"+CSQF:{self._signal()}", "OK"
        if name == "+CSQ":
            self.rest(_SIGNAL_S)
            return f"+CSQ:{self._signal()}", "OK"
        if name == "+SBDSX":
            flags = f"{int(bool(now.mo))}, {self.momsn}, {int(now.mt is not None)}, {now.mtmsn}"
            return f"+SBDSX: {flags}, {int(now.ring)}, {self._waiting}", "OK"
        if name == "+SBDLOE":
            return f"+SBDLOE: 0, {_TRAFFIC_WAIT_S}", "OK"
        if name == "-MSSTM":
            if self._signal() == 0:
                return "-MSSTM: no network service", "OK"
            ticks = int((time.time() - SYSTEM_EPOCH.timestamp()) / _TICK_S)
            return f"-MSSTM: {ticks % (1 << 32):x}", "OK"
        return ("ERROR",)

    def _write_mo(self, size: int) -> None:
        if not 1 <= size <= MOST_MO_BYTES:
            self._answer("3", "OK")
            return
        self._answer("READY")
        data = bytearray()
        deadline_s = self.now_s() + _WRITE_TIMEOUT_S
        while len(data) < size + 2:
            more = self.read(max(0.0, deadline_s - self.now_s()))
            if not more:
                self._answer("1", "OK")
                return
            data += more
        message = bytes(data[:size])
        if checksum(message) == data[size : size + 2]:
            self._now.mo = message
            self._answer("0", "OK")
        else:
            self._answer("2", "OK")
        for byte in data[size + 2 :]:
            self._hear(byte)

    def _read_mt(self) -> None:
        message = self._now.mt or b""
        self._send(len(message).to_bytes(2, "big") + message + checksum(message) + b"\r\nOK\r\n")

    def _clear(self, which: int) -> None:
        if which in (0, 2):
            self._now.mo = b""
        if which in (1, 2):
            self._now.mt, self._now.mtmsn = None, -1
        self._answer("0", "OK")

    def _session(self) -> str:
        self.sessions += 1
        self._now.mt, self._now.mtmsn, self._now.ring = None, -1, False
        fate = self._sky.fate(self.now_s()) if self._now.radio else Fate(34)
        if fate.mo_status in _WITHOUT_A_CALL:
            self.rest(_REFUSAL_S)
            return f"+SBDIX: {fate.mo_status}, {self.momsn}, 2, 0, 0, 0"
        self.rest(self._random.uniform(*_SESSION_S))
        succeeds = fate.mo_status <= 4
        if self._now.mo and (succeeds or fate.arrives):
            self.gateway.on_message(self.momsn, self._now.mo)
        if self._chance(self._faults.brown_out):
            # Before the modem has noted the gateway's word, or after.
            self._complete(succeeds and self._chance(0.5))
            raise _PowerCut
        momsn = self.momsn
        self._complete(succeeds)
        if not succeeds:
            return f"+SBDIX: {fate.mo_status}, {momsn}, 2, 0, 0, 0"
        return f"+SBDIX: {fate.mo_status}, {momsn}, {self._receive()}"

    def _complete(self, succeeds: bool) -> None:
        self.momsn = (self.momsn + succeeds) % MOMSN_MODULUS

    def _receive(self) -> str:
        """A message of the gateway into the MT buffer; the last four numbers of the report."""
        taken = self.gateway.take()
        self._waiting = self.gateway.waiting
        if taken is None:
            return f"0, 0, 0, {self._waiting}"
        self._now.mtmsn, self._now.mt = taken
        return f"1, {self._now.mtmsn}, {len(taken[1])}, {self._waiting}"

    def _signal(self) -> int:
        return self._sky.signal(self.now_s())

    def _ring(self) -> None:
        if self._signal() and self._now.ring_alerts:
            self._now.ring = True
            self.write(b"\r\nSBDRING\r\n")

    def _change_bars(self, bars: int) -> None:
        self._sky.bars = bars
        if self._now.reports_signal:
            self.write(b"\r\n+CIEV:0,%d\r\n\r\n+CIEV:1,%d\r\n" % (bars, bars > 0))

    def _brown_out(self) -> None:
        raise _PowerCut

    def _answer(self, *lines: str) -> None:
        self._send(b"".join(b"\r\n%s\r\n" % line.encode("ascii") for line in lines))

    def _send(self, data: bytes) -> None:
        if self._chance(self._faults.lost_reply):
            return
        if self._chance(self._faults.garbage):
            self.write(self._random.randbytes(self._random.randint(1, 40)) + b"\r\n")
        self.write(data)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(prog="iridium_sbd", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="draws the faults")
    parser.add_argument("--speed", type=float, default=1.0, help="10: ten times as fast")
    parser.add_argument("--bars", type=int, default=4, choices=range(6), help="signal, 0 to 5")
    for name in Faults.__slots__:
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=0.0, metavar="SHARE")
    given = parser.parse_args()
    faults = Faults(**{name: getattr(given, name) for name in Faults.__slots__})

    def show(momsn: int, message: bytes) -> None:
        print(f"{momsn} {message.hex()}", flush=True)

    modem = IridiumSbdSimulator(
        show, seed=given.seed, speed=given.speed, faults=faults, bars=given.bars
    )
    run_program(modem, modem.send_downlink)


if __name__ == "__main__":
    main()
