"""``python -m tests.basecamp.uploads_program DATA PORT``: an upload server, to be killed."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from tests.basecamp.uploading import UploadCamp
from tools.basecamp.identity import load_key
from tools.basecamp.listening import ListenAddress
from tools.basecamp.tus_service import UploadService, UploadTerms


def main() -> None:
    data, port = Path(sys.argv[1]), int(sys.argv[2])
    camp = UploadCamp(data, load_key(data)).camp
    service = UploadService(data, camp, UploadTerms(ListenAddress(port=port)))
    service.start()
    print(service.url, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
