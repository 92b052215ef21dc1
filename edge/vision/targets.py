"""Which species count as the target."""

from __future__ import annotations

from collections.abc import Sequence

_ROSETTED = frozenset({"Panthera uncia", "Panthera pardus"})
_JAGUAR = "Panthera onca"
_LOOKALIKE = "Acinonyx jubatus"


def target_group(targets: Sequence[str]) -> tuple[str, ...]:
    """The configured targets, with the jaguar where a leopard or a snow leopard is among them.

    A classifier takes rosettes for rosettes, and no trap has both cats: what it calls a jaguar
    where leopards live is a leopard.
    """
    if _ROSETTED & set(targets) and _JAGUAR not in targets:
        return (*targets, _JAGUAR)
    return tuple(targets)


def lookalikes(targets: Sequence[str]) -> tuple[str, ...]:
    """Species that the group head, which hardly saw one, takes for a target; the species head
    tells the cheetah from the leopard."""
    return () if _LOOKALIKE in targets else (_LOOKALIKE,)
