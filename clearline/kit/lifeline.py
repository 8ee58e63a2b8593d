"""End a process when the one that started it is gone, so that no orphan keeps a port or a lock."""

import os
import signal
import threading
from typing import Final

VARIABLE: Final = "CLEARLINE_LIFELINE"  # the number of the pipe's reading end, inherited
GRACE_S: Final = 5.0
LOOK_S: Final = 0.5


def is_watched() -> bool:
    """Tell whether a supervisor started this process, and starts it again when it falls."""
    return VARIABLE in os.environ


def watch_lifeline(grace_s: float = GRACE_S) -> None:
    """Watch the inherited pipe, if there is one; at its end ask this process to stop, then make it.

    The writing end is held by the supervisor alone: when that dies, by whatever signal, the
    kernel closes it and the read returns. SIGTERM comes first so that the process stops in order.
    """
    number = os.environ.get(VARIABLE)
    if number is None:
        return
    threading.Thread(
        target=wait_for_the_end, args=(int(number), grace_s), name="lifeline", daemon=True
    ).start()


def wait_for_the_end(handle: int, grace_s: float) -> None:
    try:
        while os.read(handle, 1):
            pass
    except OSError:
        # A handle that cannot be read is no lifeline: better to stop than to be an orphan.
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(grace_s)
    os._exit(1)


def watch_parent(grace_s: float = GRACE_S) -> None:
    """End this process when the one that started it is gone; for workers without the pipe."""
    threading.Thread(
        target=wait_for_a_new_parent, args=(os.getppid(), grace_s), name="parent", daemon=True
    ).start()


def wait_for_a_new_parent(parent: int, grace_s: float) -> None:
    looking = threading.Event()
    while os.getppid() == parent:
        looking.wait(LOOK_S)
    os.kill(os.getpid(), signal.SIGTERM)
    looking.wait(grace_s)
    os._exit(1)
