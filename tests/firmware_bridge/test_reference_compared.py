"""The core in C and the simulated controller do the same with the same bytes at the same times."""

from __future__ import annotations

import random
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import cbor2
import pytest
from cobs import cobs

from firmware_bridge import dictionary
from firmware_bridge.dictionary import BY_NAME, KINDS
from firmware_bridge.framing import END, FrameDecoder, crc16, encode_frame
from firmware_bridge.messages import Charge, WakeReason, decode
from firmware_bridge.simulators.controller_core import ControllerCore
from firmware_bridge.simulators.controller_parts import NonVolatile, Sensors
from tests.firmware_bridge.reference import build

PIR, BUTTON, RADIO = 1, 2, 4
ON = b"\1"
BATTERY_MV = 3900
REQUESTS = [kind for kind in KINDS if kind.type < 16]
NUMBERS = [0, 1, 2, 3, 4, 10, 23, 24, 60, 255, 256, 999, 1000, 3600, 3601, 65536, 65537, 86400]
LARGE_NUMBERS = [1_790_000_000, 2**31, 4_000_000_000, 2**32 - 65537, 2**32 - 1]
HELLOS = {
    0xA11CE: [dictionary.VERSION, dictionary.HASH, 0xA11CE],
    0xB0B: [dictionary.VERSION, dictionary.HASH, 0xB0B],
    0xC0DE: [dictionary.VERSION + 1, dictionary.HASH, 0xC0DE, "more", None],
    0xD00D: [dictionary.VERSION, dictionary.HASH[::-1], 0xD00D],
}
"""By their links: with the version and dictionary of here, with others, with more fields."""


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("reference")) / "irbis-replay"


@dataclass
class Step:
    """What comes to a controller: time that passes, inputs, bytes."""

    ms: int = 0
    inputs: int = 0
    line: bytes = b""

    def encode(self) -> bytes:
        return (
            self.ms.to_bytes(4, "big")
            + bytes([self.inputs])
            + BATTERY_MV.to_bytes(2, "big")
            + len(self.line).to_bytes(2, "big")
            + self.line
        )


class Simulated:
    """The simulated controller in a made-up time."""

    def __init__(self) -> None:
        self.now_ms = 0
        sensors = Sensors(BATTERY_MV, None, -85, Charge.DISCHARGING, -123)
        self.core = ControllerCore(NonVolatile(), sensors, lambda: self.now_ms)
        self.decoder = FrameDecoder()

    def step(self, step: Step) -> bytes:
        """What it says: whether the host has power, how many bytes, and those."""
        self.now_ms += step.ms
        if step.inputs & PIR:
            self.core.pir()
        if step.inputs & BUTTON:
            self.core.call(WakeReason.BUTTON)
        if step.inputs & RADIO:
            self.core.call(WakeReason.RADIO)
        sent = b""
        was_on = self.core.power.is_on
        for payload in self.decoder.feed(step.line) if was_on else ():
            sent += self.core.take(payload) or b""
        sent += self.core.due() or b""
        if self.core.power.is_on != was_on:
            self.decoder.reset()
        return bytes([self.core.power.is_on]) + len(sent).to_bytes(2, "big") + sent


@dataclass
class Host:
    """Says much nonsense, in the protocol's frames and outside of them."""

    draw: random.Random
    frames: int = 0
    number: int = 0
    left: bytes = b""
    greeting: list[object] = field(default_factory=lambda: [1, 0, *HELLOS[0xA11CE]])

    def next_step(self, is_on: bool) -> Step:
        """What comes next, given whether the host has power now."""
        if not is_on:
            # Within the span in which the power stays away, and past it.
            inputs = self.draw.choice([0, 0, PIR, BUTTON, RADIO, BUTTON | RADIO])
            return Step(self.draw.choice([0, 100, 1000, 2500, 10_000]), inputs)
        ms = self.draw.choice([0] * 12 + [1, 20, 100, 250, 1000, 2500])
        inputs = self.draw.choices([0, PIR, BUTTON, RADIO], [60, 8, 1, 1])[0]
        return Step(ms, inputs, self.line())

    def line(self) -> bytes:
        """At most 256 bytes of frames, cut anywhere."""
        while len(self.left) < 256:
            self.left += self.draw.choice([END, b"", b""]) + self.frame()
            self.frames += 1
        cut = self.draw.choice([0, 1, 8, 40, 200, 256])
        line, self.left = self.left[:cut], self.left[cut:]
        return line

    def frame(self) -> bytes:
        draw = self.draw.random()
        if draw < 0.70:
            return encode_frame(cbor2.dumps(self.items())[:125])
        if draw < 0.85:
            return encode_frame(self.mutated(cbor2.dumps(self.items()))[:125])
        if draw < 0.90:
            return encode_frame(self.draw.randbytes(self.draw.randrange(40)))
        if draw < 0.95:
            return self.mutated(encode_frame(cbor2.dumps(self.items())[:125]))
        return self.draw.randbytes(self.draw.randrange(200)) + END

    def items(self) -> list[object]:
        draw = self.draw.random()
        if draw < 0.05:
            return self.hello()
        if draw < 0.25:
            return [4, self.draw.randrange(40)]
        if draw < 0.30:
            return [self.draw.randrange(70), self.next_number(), *self.values()]
        kind = self.draw.choice(REQUESTS[1:])
        values = [self.value(field.name, field.nullable) for field in kind.fields]
        return [kind.type, self.next_number(), *values]

    def hello(self) -> list[object]:
        if self.draw.random() < 0.7:
            self.number = (self.number + 1) % 256
            link = self.draw.choices(list(HELLOS), [4, 4, 1, 1])[0]
            self.greeting = [1, self.number, *HELLOS[link]]
        elif self.draw.random() < 0.3:
            # A repeat has the same number and link; what else it says is not looked at.
            return [1, self.greeting[1], 9, b"", self.greeting[4]]
        return self.greeting

    def next_number(self) -> int:
        if self.draw.random() < 0.8:
            self.number = (self.number + 1) % 256
        return self.number

    def value(self, name: str, nullable: bool) -> object:
        if name == "link":
            return self.draw.choice([self.greeting[4], self.greeting[4], 0xA11CE, 1])
        if name == "on_pir":
            return self.draw.choice([0, 1, 1, 2])
        if name == "utc_s":
            return self.draw.choice(NUMBERS + LARGE_NUMBERS[:3])
        if nullable and self.draw.random() < 0.4:
            return None
        return self.draw.choice(NUMBERS[:6] + NUMBERS + LARGE_NUMBERS)

    def values(self) -> list[object]:
        kinds: list[object] = [0, 23, 2**31, 2**32 - 1, 2**32, -1, -(2**31), -(2**31) - 1, None]
        kinds += [b"\0\1", b"x" * 32, b"x" * 33, "y\u00e9ti", "\u96ea" * 10, "x" * 33]
        kinds += [True, 1.5, [], {}]
        return [self.draw.choice(kinds) for _ in range(self.draw.choice([0, 0, 1, 2, 3, 14, 15]))]

    def mutated(self, data: bytes) -> bytes:
        changed = bytearray(data)
        at = self.draw.randrange(len(data))
        match self.draw.randrange(3):
            case 0:
                changed[at] ^= 1 << self.draw.randrange(8)
            case 1:
                changed[at : at + 1] = self.draw.randbytes(2)
            case _:
                del changed[at]
        return bytes(changed)


@pytest.mark.parametrize("seed", range(20))
def test_both_say_the_same_to_five_thousand_frames(replay: Path, seed: int) -> None:
    host, simulated = Host(random.Random(seed)), Simulated()
    # Every other time the clock of 32 bits wraps on the way.
    steps = [Step(2**31 - 1000)] * 2 if seed % 2 else []
    expected = [simulated.step(step) for step in steps]
    while host.frames < 5_000:
        step = host.next_step(simulated.core.power.is_on)
        steps.append(step)
        expected.append(simulated.step(step))

    answers = answers_of(replay, steps)

    for index, (answer, wanted) in enumerate(zip(answers, expected, strict=True)):
        assert answer == wanted, f"step {index}: {steps[index]}"


def test_the_longest_frame_is_answered_and_a_longer_one_is_not(replay: Path) -> None:
    longest, longer = (hello_of(size) for size in (125, 126))
    assert len(longest) == 128 + len(END)

    _, to_longer, to_longest = answers_of(replay, [Step(), Step(line=longer), Step(line=longest)])

    assert to_longer == ON + (0).to_bytes(2, "big")
    reply = decode(FrameDecoder().feed(to_longest[3:])[0])
    assert reply.kind is BY_NAME["hello-reply"]


def test_both_take_the_same_for_utf_8(replay: Path) -> None:
    simulated, steps = Simulated(), [Step()]
    for first in range(0x7F, 0x100):
        for second in (0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0):
            for length in (1, 2, 3, 4):
                text = bytes([first, second, 0x80, 0xBF])[:length]
                items = cbor2.dumps([1, len(steps) % 256, *HELLOS[0xA11CE], text])
                # The head of a byte string becomes that of a text.
                payload = items[: -1 - length] + bytes([0x60 + length]) + text
                steps.append(Step(line=encode_frame(payload)))

    assert answers_of(replay, steps) == [simulated.step(step) for step in steps]


def hello_of(payload_bytes: int) -> bytes:
    """A frame with a hello that is drawn out by further fields."""
    fields = [1, 7, *HELLOS[0xA11CE], *[b"x" * 32] * 3]
    missing = payload_bytes - len(cbor2.dumps([*fields, b""]))
    payload = cbor2.dumps([*fields, b"x" * missing])
    assert len(payload) == payload_bytes
    encoded: bytes = cobs.encode(payload + crc16(payload).to_bytes(2, "big"))
    return encoded + END


def answers_of(replay: Path, steps: list[Step]) -> list[bytes]:
    """What the core in C says to each step."""
    done = subprocess.run(
        [replay], input=b"".join(step.encode() for step in steps), stdout=-1, check=True
    ).stdout
    answers = []
    while done:
        size = 3 + int.from_bytes(done[1:3], "big")
        answers.append(done[:size])
        done = done[size:]
    return answers
