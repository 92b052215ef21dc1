"""A folder of labelled portraits: four cats, one noisy picture each."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np


def lay_portraits(folder: Path) -> Path:
    """Lay ``leopard_identities`` into ``folder``, sides left and right in turn; ``folder``."""
    home = folder / "leopard_identities"
    home.mkdir(parents=True)
    lines = ["file,identity,view"]
    for number in range(4):
        noise = np.random.default_rng(number).integers(0, 255, (40, 60, 3), dtype=np.uint8)
        cv2.imwrite(str(home / f"{number}.jpg"), noise)
        lines.append(f"{number}.jpg,cat{number},{'LR'[number % 2]}")
    (home / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
