"""A port of basecamp's that others reach: where it is, and how it proves whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tools.basecamp.certificate import Certificate
from tools.basecamp.errors import AddressError
from tools.basecamp.listening import ListenAddress, named


@dataclass(frozen=True, slots=True)
class Entrance:
    """Without a certificate it is for this machine alone, unless ``plain`` says that the network is
    private or that something in front of basecamp speaks TLS. Raises AddressError."""

    NAME: ClassVar[str]
    """That of its options, such as ``uploads``."""

    listen: ListenAddress
    certificate: Certificate | None = None
    plain: bool = False

    def __post_init__(self) -> None:
        if self.certificate is None and not (self.plain or self.listen.is_loopback):
            name = self.NAME
            raise AddressError(
                f"{name} on {named(self.listen.host, self.listen.port)} need a certificate:"
                f" --{name}-certificate FILE and --{name}-key FILE; or --{name}-plain, where the"
                " network is private or a proxy in front speaks TLS"
            )
