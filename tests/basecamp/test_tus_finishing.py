"""The acknowledgement of a finished upload is whole or not there, wherever the power is cut."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from edge.uplink.cellular.authorization import UploadClaim, digest_of
from tools.basecamp.tus_files import PartialUpload, PartialUploads

CONTENT = b"a sealed message"
CLAIM = UploadClaim("ridge-2", digest_of(CONTENT))
ACKNOWLEDGEMENT = b"signed: it is stored"
_DIED = 9


def _begun(folder: Path) -> PartialUpload:
    upload = PartialUploads(folder).begin(CLAIM, len(CONTENT))
    upload.part.write_bytes(CONTENT)
    return upload


def _finished_but_for(lines: int, folder: Path, upload: PartialUpload) -> bool:
    """Whether a process that dies after so many lines of Python dies while it finishes."""
    process = os.fork()
    if not process:
        left = lines

        def count(_frame: FrameType, event: str, _: Any) -> Any:
            nonlocal left
            left -= event == "line"
            if left < 0:
                os._exit(_DIED)
            return count

        sys.settrace(count)
        PartialUploads(folder).finish(upload, ACKNOWLEDGEMENT)
        os._exit(0)
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status) == _DIED


def test_a_process_killed_at_any_line_leaves_no_half_an_acknowledgement(tmp_path: Path) -> None:
    lines, died = 0, True
    while died:
        folder = tmp_path / str(lines)
        upload = _begun(folder)
        died = _finished_but_for(lines, folder, upload)
        found = PartialUploads(folder).find(CLAIM)
        assert found is not None
        assert found.offset == len(CONTENT)
        assert found.acknowledgement in (None, ACKNOWLEDGEMENT)
        if found.acknowledgement is None:
            assert PartialUploads(folder).check(found) == CONTENT
        lines += 1
    assert lines > 5
