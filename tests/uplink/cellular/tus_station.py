"""``python -m tests.uplink.cellular.tus_station URL PLACES FILE``: an upload, to be killed.

It uploads FILE in small chunks and prints a line when the server has all of it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from edge.uplink.cellular.http import Endpoint, Wire
from edge.uplink.cellular.places import UploadPlaces
from edge.uplink.cellular.tus import TusClient
from tests.basecamp.uploading import no_tls


def main() -> None:
    url, places, file = sys.argv[1:]
    client = TusClient(
        Wire(Endpoint.parse(url), no_tls),
        UploadPlaces(Path(places)),
        lambda digest: "anybody",
        lambda size_bytes: None,
        chunk_bytes=4096,
    )
    client.upload(Path(file).read_bytes())
    print("uploaded", flush=True)


if __name__ == "__main__":
    main()
