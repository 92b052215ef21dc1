"""The boards and links that a budget can be made for: assumptions, each with where it is from.

Talking costs what a board draws armed; the modem comes on top (``Draw.with_modem``). A board that
sleeps is cut off by its controller, so that nothing of its own is left but where it is said.
"""

from __future__ import annotations

from edge.health.energy_draw import Board, Draw, Link, Pace, Talk

CONTROLLER_W = 0.03
"""Controller, motion sensor and the switch that cuts the board off, at all times: what Microchip
measured of a Raspberry Pi's control board asleep (PIC16F15245, "Power Analysis"). No better figure
was found."""
CONVERTER = 0.85
"""From the battery to 5 V: an ordinary step-down converter at these currents, assumed."""

_CAMERA_W = (0.15, 1.25)
"""A camera at work. Best: 40 mA at 3.3 V, an IMX219 alone as measured by J. Atkin; worst: the
250 mA at 5 V that a supply is to hold ready for one."""


def _board(
    name: str,
    armed_w: tuple[float, float],
    thinking_w: tuple[float, float],
    paces: tuple[Pace, Pace],
    source: str,
    sleep_w: tuple[float, float] = (0.0, 0.0),
) -> Board:
    """Of two values each the first is the best that is told, the second the worst."""
    best, worst = (
        Draw(
            sleep_w=sleep_w[i],
            armed_w=armed_w[i],
            # Encoding pictures keeps a part of the processor busy.
            capturing_w=(armed_w[i] + thinking_w[i]) / 2 + _CAMERA_W[i],
            thinking_w=thinking_w[i],
            talking_w=armed_w[i],
        )
        for i in (0, 1)
    )
    return Board(name, (best, paces[0]), (worst, paces[1]), source)


_ALL = (
    _board(
        "pi-zero2", (0.375, 0.60), (1.0, 2.0), (Pace(6, 1.5, 3, 3, 2), Pace(20, 4, 12, 12, 6)),
        "idle 75-120 mA at 5 V, about 400 mA under load on all cores, half of which is taken for"
        " one; 3.5 s (own kernel) to 12 s (stock) until programs start",
    ),
    _board(
        "pi4", (1.7, 2.9), (3.4, 6.4), (Pace(8, 1.5, 1, 1, 2), Pace(25, 4, 4, 4, 6)),
        "idle 1.7-2.9 W, full load 5.1-6.4 W; best: one core of four",
    ),
    _board(
        "pi5", (2.4, 3.3), (4.0, 7.0), (Pace(6, 1.5, 0.5, 0.5, 2), Pace(18, 4, 2, 2, 6)),
        "idle about 3 W; 0.01 W halted with POWER_OFF_ON_HALT=1, 1.2-1.6 W without, which is not"
        " counted here",
        sleep_w=(0.0, 0.01),
    ),
    _board(
        "orin-nano", (2.6, 5.0), (7.0, 15.0), (Pace(15, 1.5, 0.5, 0.5, 3), Pace(45, 4, 2, 2, 10)),
        "2.6 W the lowest that was reached, modes of 7 and 15 W",
    ),
)  # fmt: skip
"""Armed and thinking in watts, then the paces."""

BOARDS = {board.name: board for board in _ALL}
"""By name. Seconds are assumptions throughout, to be replaced by what a board takes."""

LINKS = {
    link.name: link
    for link in (
        Link(
            "lorawan",
            Talk(0.38, news_s=3, record_s=0, crops_s=4, crops_wait_s=20),
            Talk(0.38, news_s=9, record_s=0, crops_s=25, crops_wait_s=2475),
            source="0.38 W on the air (3.3 V, 115 mA). News: one confirmed packet, worst three"
            " tries. A crop of 2 kB at DR5 without a duty cycle, worst at DR3 with repeats and a"
            " duty cycle of 1 %, which keeps the board up for 99 times the airtime. The full"
            " record is not sent by radio",
        ),
        Link(
            "cellular",
            Talk(0.76, news_s=30, record_s=1, crops_s=5, crops_wait_s=0),
            Talk(1.37, news_s=60, record_s=5, crops_s=30, crops_wait_s=0),
            source="an LTE modem of category 1 to 4, connected: 200-360 mA at 3.8 V by its makers'"
            " manuals; it registers, connects and sends",
        ),
    )
}
"""By name."""
