"""Run `irbis` within the unit's limits: ``python -m tests.systemd.confined FILTER -- ARGUMENT``.

The kernel is told by libseccomp, as systemd tells it: what ``SystemCallFilter=`` does not allow
gets EPERM, and no memory is ever both writable and executable.
"""

from __future__ import annotations

import ctypes
import errno
import sys

from tests.systemd.calls import allowed_calls

ALLOW = 0x7FFF0000
REFUSE = 0x00050000 | errno.EPERM
PR_SET_MDWE, REFUSE_EXEC_GAIN = 65, 1
UNABLE = 77
"""Exit status where this kernel or this machine cannot be told."""


def deny_write_execute() -> None:
    """``MemoryDenyWriteExecute=``, by the kernel's own means (6.3 and newer)."""
    if ctypes.CDLL(None).prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0) != 0:
        sys.exit(UNABLE)


def filter_calls(allowed: set[str]) -> None:
    """``SystemCallFilter=`` with ``SystemCallErrorNumber=EPERM``, for all threads to come."""
    try:
        seccomp = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        sys.exit(UNABLE)
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(REFUSE))
    for name in sorted(allowed):
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # others do not exist on this processor
            seccomp.seccomp_rule_add(context, ALLOW, number, 0)
    if seccomp.seccomp_load(context) != 0:
        sys.exit(UNABLE)


def main(arguments: list[str]) -> int:
    """Confine this process, and then load and run Irbis in it."""
    border = arguments.index("--")
    allowed = allowed_calls(arguments[:border])
    deny_write_execute()
    filter_calls(allowed)
    from tools.cli import main as irbis

    return irbis(arguments[border + 1 :])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
