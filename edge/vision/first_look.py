"""The first look at all frames of a burst, and what may be spared of it.

Where the camera took small pictures beside its files, most empty frames are told by these alone
(edge.vision.glance). The networks do not quite say the same of both, so no burst is called blank
by small pictures alone: its first frame is looked at in its file, so is each in which something
moved, and so is, of those that were plainly empty in their small pictures, the one in which these
showed most. Does that file show anything, all are looked at.

Of bursts with a leopard pasted onto one of 24 empty scenes, 2 % to 10 % of the frame long, none
of 900 was called blank by a first look for its small pictures, and 2 by a second look, at a region
that began a hundredth of the frame beside. Without these rules it was 5 of 680.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from edge.config import Triage
from edge.records import FrameJudgement, ObservationType
from edge.vision.background import Background
from edge.vision.clock import Stopwatch
from edge.vision.decode import Pixels
from edge.vision.eyes import Eyes
from edge.vision.look import Look, look_at
from edge.vision.scene import Scene
from edge.vision.seen import Seen

Onlooker = Callable[[Pixels], None]
"""Is shown a decoded picture, ``(H, W, 3)``; must not raise."""
Glances = Mapping[int, Pixels]
"""The camera's own small pictures, by the index of their frame."""
NO_GLANCES: Glances = MappingProxyType({})


def look_first(
    frames: Sequence[bytes],
    eyes: Eyes,
    policy: Triage,
    watch: Stopwatch,
    background: Background | None = None,
    faults: Sequence[str | None] = (),
    onlooker: Onlooker | None = None,
    glances: Glances = NO_GLANCES,
) -> tuple[Seen, Scene | None]:
    """What a burst shows, and how its frames compare; None where there is nothing to compare."""
    compared = len(frames) > 1 or background is not None
    scene = Scene(background) if compared and eyes.working is not None else None
    seen = Seen(policy, eyes, faults)
    spared = _look_through(frames, seen, scene, watch, onlooker, _live(glances))
    blank = seen.verdict().observation_type is ObservationType.BLANK
    if spared and blank and not _borne_out(frames, seen, spared, watch):
        return look_first(frames, eyes, policy, watch, background, faults)
    return seen, scene


def _look_through(
    frames: Sequence[bytes],
    seen: Seen,
    scene: Scene | None,
    watch: Stopwatch,
    onlooker: Onlooker | None,
    glances: Glances,
) -> list[int]:
    """Look at the frames, in order, until enough is known; those of which the small picture alone
    was searched."""
    target, glancing = False, False
    spared = []
    for index, data in enumerate(frames):
        if target and index >= seen.policy.crop_frames:
            seen.add(Look(FrameJudgement(skipped=True)))
            continue
        compared, glance = None if target else scene, glances.get(index)
        look = look_at(data, seen.eyes, seen.policy, watch, not target, compared, glance, glancing)
        if onlooker is not None and look.first is not None and look.first.damage is None:
            with watch.step("detect"):
                onlooker(look.first.pixels)
            onlooker = None
        with watch.step("crops"):
            seen.add(look)
        if look.is_glance and look.judgement.same_as is None:
            spared.append(index)
        # What one frame shows the next will, too: it is not searched twice.
        glancing = (glancing or not index) and seen.clear and not look.is_searched_twice
        target = target or seen.target
        if compared is not None and look.judgement.same_as is None:
            compared.add(index, look.small, seen.clear, look.small_glance)
    return spared


def _live(glances: Glances) -> Glances:
    """Those that are not the one before once more, to the last bit: a sensor gives noise, so that
    is a stream that stands still, and shows another moment than the file."""
    return {
        index: pixels
        for index, pixels in glances.items()
        if index - 1 not in glances or not np.array_equal(pixels, glances[index - 1])
    }


def _borne_out(
    frames: Sequence[bytes], seen: Seen, spared: Sequence[int], watch: Stopwatch
) -> bool:
    """Whether a file, too, shows nothing: that of the frame among ``spared`` whose small picture
    showed most."""
    index = max(spared, key=seen.suspicion)
    look = look_at(frames[index], seen.eyes, seen.policy, watch, naming=True)
    alone = Seen(seen.policy, seen.eyes)
    alone.add(look)
    seen.replace(index, look)
    return alone.clear
