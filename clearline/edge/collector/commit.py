"""Group commit: what arrives together, or while one write runs, becomes durable by one write."""

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
    """Payloads that one write makes durable, and those who wait for it."""

    payloads: list[bytes] = field(default_factory=list)
    waiting: list[asyncio.Future[None]] = field(default_factory=list)
    size_bytes: int = 0


class Commits:
    """Writes groups on the loop itself: for a process that does nothing but collect.

    There is no timer. All that arrives in one turn of the loop is one group; while it is written
    the next gathers in the sockets. Nothing is handed between threads, which in Python costs more
    than the write.
    """

    def __init__(self, journal: Journal, loop: asyncio.AbstractEventLoop) -> None:
        self.journal = journal
        self.loop = loop
        self.group = Group()
        self.idle = asyncio.Event()
        self.idle.set()

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
            self.loop.call_soon(self.write_next)
        return done

    def write_next(self) -> None:
        group = self.take_group()
        self.tell(group, self.write(group))

    def take_group(self) -> Group:
        group, self.group = self.group, Group()
        return group

    def write(self, group: Group) -> JournalFull | JournalBroken | None:
        try:
            self.journal.write(group.payloads)
        except (JournalFull, JournalBroken) as error:
            return error
        return None

    def tell(self, group: Group, failure: JournalFull | JournalBroken | None) -> None:
        for done in group.waiting:
            if done.done():  # the client went away
                continue
            if failure is None:
                done.set_result(None)
            else:
                done.set_exception(failure)
        if self.group.payloads:
            self.write_next()
        else:
            self.idle.set()

    def close_old(self) -> None:
        """Let the journal close what it began long ago; while something is written, that does."""
        if self.idle.is_set():
            self.idle.clear()
            self.write_next()

    async def stop(self) -> None:
        """Return when all that was added is written."""
        await self.idle.wait()


class ThreadCommits(Commits):
    """Writes groups on a thread: for a process whose loop also serves pages, which never waits.

    The write that runs is the window in which the next group gathers.
    """

    def __init__(self, journal: Journal, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(journal, loop)
        self.handed: queue.SimpleQueue[Group | None] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self.write_all, name="journal", daemon=True)
        self.thread.start()

    def write_next(self) -> None:
        self.handed.put(self.take_group())

    def write_all(self) -> None:
        while (group := self.handed.get()) is not None:
            self.loop.call_soon_threadsafe(self.tell, group, self.write(group))

    async def stop(self) -> None:
        await super().stop()
        self.handed.put(None)
        await asyncio.to_thread(self.thread.join)
