"""Several triggers as one: a PIR or two, a time lapse, a test."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from contextlib import suppress

from edge.capture.trigger.firing import Firing, Trigger, TriggerBroken, TriggerError

_MOST_HEARD = 4096
"""Firings that wait while a camera's driver hangs: a line that nobody drives gives thousands a
second."""
_LOOK_S = 0.5
"""A thread that is to end does so within this."""


class Together:
    """Gives the firings of all ``triggers``. One that fails is told of once, by ``wait``, and armed
    again every ``retry_s``; the others go on. Where it fails again in the same way before it has
    fired, nobody is told again. ``arm`` starts a thread for each.
    """

    def __init__(self, triggers: Sequence[Trigger], retry_s: float = 30.0) -> None:
        self._triggers, self._retry_s = tuple(triggers), retry_s
        self._heard: queue.SimpleQueue[Firing | TriggerError] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._failing: dict[int, TriggerError] = {}
        self._dropped = 0
        self._counting = threading.Lock()

    @property
    def failing(self) -> dict[int, TriggerError]:
        """Why those do not work that do not, by their place in ``triggers``. For any thread."""
        return dict(self._failing)

    @property
    def lost(self) -> int:
        return self._dropped + sum(trigger.lost for trigger in self._triggers)

    def arm(self) -> None:
        """Arm them all. Raises a TriggerError only where none can be armed; else it counts as one
        that fails."""
        if self._threads:
            self.close()
        troubles = [_trouble_of_arming(trigger) for trigger in self._triggers]
        if troubles and None not in troubles:
            self._release()
            raise next(filter(None, troubles))
        self._stop.clear()
        for place, (trigger, trouble) in enumerate(zip(self._triggers, troubles, strict=True)):
            listen = (place, trigger, trouble)
            thread = threading.Thread(target=self._listen, args=listen, daemon=True)
            self._threads.append(thread)
            thread.start()

    def wait(self, timeout_s: float) -> Firing | None:
        try:
            heard = self._heard.get(timeout=max(0.0, timeout_s))
        except queue.Empty:
            return None
        if isinstance(heard, TriggerError):
            raise heard
        return heard

    def close(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        self._release()
        while not self._heard.empty():
            self._heard.get()

    def _release(self) -> None:
        for trigger in self._triggers:
            with suppress(Exception):  # a driver's; the others are given back all the same
                trigger.close()

    def _listen(self, place: int, trigger: Trigger, trouble: TriggerError | None) -> None:
        told = ""
        while not self._stop.is_set():
            if trouble is not None:
                self._failing[place] = trouble
                if str(trouble) != told:
                    told = str(trouble)
                    self._heard.put(trouble)
                self._arm_again(trigger)
                self._failing.pop(place, None)
                trouble = None
                continue
            try:
                firing = trigger.wait(_LOOK_S)
            except TriggerError as error:
                trouble = error
            except Exception as error:  # a bug in one sensor's driver must not end its watch
                trouble = TriggerBroken(f"a trigger failed, and is armed again: {error!r}")
            else:
                if firing is not None:
                    told = ""
                    self._keep(firing)

    def _keep(self, firing: Firing) -> None:
        if self._heard.qsize() < _MOST_HEARD:
            self._heard.put(firing)
            return
        with self._counting:
            self._dropped += 1

    def _arm_again(self, trigger: Trigger) -> None:
        while not self._stop.wait(self._retry_s):
            with suppress(Exception):  # it was told of; it is tried again
                trigger.close()
                trigger.arm()
                return


def _trouble_of_arming(trigger: Trigger) -> TriggerError | None:
    try:
        trigger.arm()
    except TriggerError as error:
        return error
    except Exception as error:  # a bug in one sensor's driver must not keep the station from arming
        return TriggerBroken(f"a trigger cannot be armed, and is tried again: {error!r}")
    return None
