"""Group commit: while one sync runs, what arrives waits together for the next."""

import asyncio
import queue
import threading
from dataclasses import dataclass, field
from typing import Final

from clearline.edge.collector.journal import Journal, JournalBroken, JournalFull
from clearline.kit.errors import TooMany

WAITING_BYTES_MAX: Final = 8 * 1024 * 1024


class TooBusy(TooMany):
    """More waits for the disk than this process holds in memory."""


@dataclass(slots=True)
class Group:
    """Payloads that one sync makes durable, and those who wait for it."""

    payloads: list[bytes] = field(default_factory=list)
    waiting: list[asyncio.Future[None]] = field(default_factory=list)
    size_bytes: int = 0


class GroupCommit:
    """Writes to a journal on one thread, for many coroutines of one loop.

    There is no timer: the sync that runs is the window in which the next group gathers, so a lone
    event waits for nothing and a busy hour shares its syncs.
    """

    def __init__(self, journal: Journal, loop: asyncio.AbstractEventLoop) -> None:
        self.journal = journal
        self.loop = loop
        self.group = Group()
        self.idle = asyncio.Event()
        self.idle.set()
        self.handed: queue.SimpleQueue[Group | None] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self.write_groups, name="journal", daemon=True)
        self.thread.start()

    def add(self, payload: bytes) -> asyncio.Future[None]:
        """Return a future that is done when the payload is on the disk.

        It fails with JournalFull or JournalBroken. Raises TooBusy.
        """
        group = self.group
        if group.size_bytes + len(payload) > WAITING_BYTES_MAX:
            message = "too much waits for the disk; send it again in a moment"
            raise TooBusy(message)
        done = self.loop.create_future()
        group.payloads.append(payload)
        group.waiting.append(done)
        group.size_bytes += len(payload)
        if self.idle.is_set():
            self.idle.clear()
            # All that arrives in this turn of the loop still joins the group.
            self.loop.call_soon(self.hand_over)
        return done

    def hand_over(self) -> None:
        group, self.group = self.group, Group()
        self.handed.put(group)

    def write_groups(self) -> None:
        while (group := self.handed.get()) is not None:
            failure: JournalFull | JournalBroken | None = None
            try:
                self.journal.write(group.payloads)
            except (JournalFull, JournalBroken) as error:
                failure = error
            self.loop.call_soon_threadsafe(self.tell, group, failure)

    def tell(self, group: Group, failure: JournalFull | JournalBroken | None) -> None:
        for done in group.waiting:
            if done.done():  # the client went away
                continue
            if failure is None:
                done.set_result(None)
            else:
                done.set_exception(failure)
        if self.group.payloads:
            self.hand_over()
        else:
            self.idle.set()

    async def stop(self) -> None:
        """Wait until all that was added is written, and end the thread."""
        await self.idle.wait()
        self.handed.put(None)
        await asyncio.to_thread(self.thread.join)
