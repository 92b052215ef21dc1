"""The registered models that are made from published weights alone, by role."""

from __future__ import annotations

BASES = {
    "detector": "megadetector-lite-320-int8",
    "species": "efficientnet-lite0-int8",
}
