"""The crops that one station sends over radio: what is wanted, what has come of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.wire.air.fragments import SLOTS, CropName, Fragment, NotHere
from edge.wire.air.want import MOST_WANTED, Want
from tools.basecamp.fragments_assembly import Assembly


@dataclass(frozen=True, slots=True)
class CropArrived:
    """A crop is whole, and verified. tools.basecamp.fragments_received opens ``content``."""

    name: CropName
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CropNotHere:
    """The station does not have the crop, or not in a size for radio."""

    name: CropName


class StationCrops:
    """Asks a station for crops and puts its fragments together.

    Holds at most 16 crops, 139 kB of symbols; those that are not among the five best keep what has
    come of them and wait. Only fragments from frames that were opened with the station's key may be
    taken. Not for several threads. tools.basecamp.fragments_state makes bytes of it and back.
    """

    def __init__(
        self, assemblies: tuple[Assembly, ...] = (), last_slot: int = -1, told: Want | None = None
    ) -> None:
        self._assemblies = {assembly.slot: assembly for assembly in assemblies}
        self.last_slot = last_slot
        self.told = told or Want()

    @property
    def assemblies(self) -> tuple[Assembly, ...]:
        """The crops that were asked for, most wanted first."""
        return tuple(sorted(self._assemblies.values(), key=lambda one: one.worth, reverse=True))

    def ask(self, name: CropName, worth: float) -> bool:
        """Want the crop; of several, the ones worth most come first. Asked again, it is worth
        ``worth`` from now on.

        False where 16 are wanted already: ask again when one has arrived.
        """
        assembly = self._named(name)
        if assembly is not None:
            assembly.worth = worth
            return True
        slot = self._free_slot()
        if slot is None:
            return False
        self.last_slot = slot
        self._assemblies[slot] = Assembly(slot, name, worth)
        return True

    def enough(self, name: CropName) -> None:
        """The crop is known, or came over another link: the station is told to stop."""
        assembly = self._named(name)
        if assembly is not None:
            del self._assemblies[assembly.slot]

    def take(self, fragment: Fragment | NotHere) -> CropArrived | CropNotHere | None:
        """What ``fragment`` brought to an end, if anything."""
        assembly = self._assemblies.get(fragment.slot)
        if assembly is None:
            return None
        if isinstance(fragment, NotHere):
            if fragment.name != assembly.name:
                return None
            self.enough(assembly.name)
            return CropNotHere(assembly.name)
        content = assembly.take(fragment)
        if content is None:
            return None
        self.enough(assembly.name)
        return CropArrived(assembly.name, content)

    def want(self, most: int = MOST_WANTED) -> Want:
        """What the station should hear now, where there is room for so many crops."""
        return Want(tuple(assembly.wanted() for assembly in self.assemblies[:most]))

    def tell(self, most: int = MOST_WANTED) -> Want:
        """The same, on its way: if all could be told, `due` says no until something changes."""
        self.told = self.want(most)
        return self.told

    def due(self) -> bool:
        """Whether the station has reason to hear a want: other crops are wanted than it was told
        last, or it has sent all that it was asked for.

        A want, or a station's last fragments, may be lost without a trace: while `want` names any
        crop, it should be told with every heartbeat too.
        """
        told = {(one.slot, one.name): one for one in self.told.crops}
        best = {(one.slot, one.name): one for one in self.assemblies[:MOST_WANTED]}
        if list(told) != list(best):
            return True
        return any(best[key].answered(told[key]) for key in best)

    def _named(self, name: CropName) -> Assembly | None:
        for assembly in self._assemblies.values():
            if assembly.name == name:
                return assembly
        return None

    def _free_slot(self) -> int | None:
        """Round and round, so that a slot rests before it means another crop."""
        for step in range(1, SLOTS + 1):
            slot = (self.last_slot + step) % SLOTS
            if slot not in self._assemblies:
                return slot
        return None
