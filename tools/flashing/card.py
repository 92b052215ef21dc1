"""One card, from the image to the label."""

from __future__ import annotations

from pathlib import Path

from tools.flashing import writing
from tools.flashing.bar import Bar
from tools.flashing.boot import boot_of, require_mtools
from tools.flashing.consent import Consent, target_disk
from tools.flashing.disks import Disk
from tools.flashing.issuing import Paper, issue
from tools.flashing.order import Order, make_handover
from tools.flashing.source import Image, require_boot
from tools.flashing.summary import told_of


def flash(device: Path, image: Image, order: Order, consent: Consent, paper: Paper) -> Disk | None:
    """Write ``image`` to ``device``, verify it, stamp it for ``order`` and print its label.

    Everything that can be refused is refused before the first byte is written. The disk it was;
    None for a file. Raises IrbisError.
    """
    handover = make_handover(order)
    paper.require_new(handover)
    require_boot(image)
    require_mtools()
    disk = target_disk(device, consent, erased=True)
    size = None if disk is None else disk.size_bytes
    if not image.proved:
        print(f"{image.path}.sha256 is not there: nobody knows whether this image is whole")
    becomes = f"{disk or device}: becomes {handover.station}"
    print("\n".join([becomes, *told_of(handover)]), flush=True)
    with writing.opened(device, size) as handle:
        written = writing.write_image(
            handle, device, image, size, Bar("writing", image.size_bytes or 0)
        )
        writing.verify(handle, device, written, Bar("verifying", written.size_bytes))
        # Still alone on it: a desktop would mount the new partitions while they are stamped.
        serial = (disk.serial or "") if disk else ""
        issue(boot_of(device), handover, paper, serial, image.sha256)
        writing.reread_partitions(handle)
    print(f"{device}: done; take the card out" if disk else f"{device}: done", flush=True)
    return disk
