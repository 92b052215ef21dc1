"""``python -m tools.pictures --image irbis.img.zst docs/images``: all of them anew, about a minute.

Without an image the pictures of a card being made are left as they are. Needs the developer's
packages (`make check` installs them) and mtools.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tools.pictures import autonomy, cards, glass


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.pictures", description=__doc__)
    parser.add_argument("out", type=Path, metavar="DIR")
    parser.add_argument("--image", type=Path, metavar="FILE", help="a card's, with its .bmap")
    args = parser.parse_args()
    made = [autonomy.draw(args.out / "power-days.png")]
    with tempfile.TemporaryDirectory(prefix="irbis-pictures-") as scratch:
        made.append(glass.draw(args.out / "selftest-glass.png", Path(scratch)))
        if args.image is not None:
            made += cards.draw(args.out, args.image.resolve(), Path(scratch))
    for path in made:
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
