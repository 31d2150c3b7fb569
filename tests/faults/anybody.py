"""Root without its powers over files, for commands that are to meet what anybody meets."""

import ctypes
import os

_DROP_BOUND, _OVERRIDES = 24, (1, 2)  # PR_CAPBSET_DROP; CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH (linux/capability.h)
_VERSION = 0x20080522  # of the structures of capget and capset: header (version, process), twice three sets


def become_anybody() -> None:
    """Bind this process, and what it starts, by the permissions of files from here on."""
    if os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = (ctypes.c_uint32 * 2)(_VERSION, 0), (ctypes.c_uint32 * 6)()
    is_done = libc.capget(header, sets) == 0
    for capability in _OVERRIDES:
        is_done &= libc.prctl(_DROP_BOUND, capability, 0, 0, 0) == 0
        for at in range(3):
            sets[at] &= ~(1 << capability)
    if not is_done or libc.capset(header, sets) != 0:
        os._exit(77)
