"""The loader: brings events from the journals to the column store, each once, and frees space."""

import contextlib
import fcntl
import os
import signal
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Final

import structlog

from clearline.edge.collector.batch import (
    UNREADABLE,
    Batch,
    Contents,
    Progress,
    Room,
    Stretch,
    Unwritten,
    make_batch,
    read_contents,
)
from clearline.edge.collector.journal import SEGMENT_S, booted_at, close_left_open
from clearline.edge.collector.manifest import to_manifest
from clearline.edge.collector.seen import SeenIds
from clearline.edge.collector.segment import CLOSED, OPEN, Damage, Reading, read_segment
from clearline.kit.columnstore.client import ColumnStore, StoreError
from clearline.kit.columnstore.migrate import SchemaChanged, migrate
from clearline.kit.files import replace_durably
from clearline.kit.status import write_status
from clearline.reach.visitors import load

BYTES_ENOUGH: Final = 1024 * 1024  # about 8,000 events
SEGMENTS_MAX: Final = 10_000  # looked at in one turn
IDLE_S: Final = 0.5
LONE_TALLY_S: Final = 60.0  # counts without events wait for events this long
BACKOFF_S_MAX: Final = 5.0
NOTED_EVERY: Final = timedelta(minutes=1)  # while nothing comes, that nothing waits
DAMAGES_MAX: Final = 100
# Damaged bytes may still say who saw what: they go long before any clause lets visits go.
DAMAGE_KEPT_S: Final = 30 * 24 * 3600.0

BATCH, PROGRESS = "batch", "progress"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LoaderOptions:
    journal_dir: Path
    data_dir: Path
    status_dir: Path
    store: ColumnStore

    @property
    def manifests_dir(self) -> Path:
        return self.data_dir / "manifests"

    @property
    def damaged_dir(self) -> Path:
        return self.data_dir / "damaged"


@dataclass(frozen=True, slots=True)
class Fixed:
    """A batch that is written down. Doubtful: it may have been sent before."""

    batch: Batch
    is_doubtful: bool = False

    def send(self, store: ColumnStore) -> None:
        """Bring its events into the store, each once. Raises StoreError."""
        bring = load.make_good if self.is_doubtful else load.insert_events
        if self.batch.events:
            bring(store, self.batch.events, token=self.batch.token)


class Loader:
    """Loads one batch at a time: gather, fix on disk, send, write the manifest, note the progress.

    After a crash at any point the same batch is made good: what the store lacks of it is sent.
    """

    def __init__(self, options: LoaderOptions) -> None:
        self.options = options
        self.room = Room(options.data_dir / "loader")
        self.seen = SeenIds(lambda start, end: load.ids_received(options.store, start, end))
        progress = self.room.read(PROGRESS, Progress)
        # Without a note of how far it came it begins anew; the ids seen keep that from counting.
        self.progress = progress or Progress()
        self.fixed = self.find_fixed()
        self.loaded = 0
        self.dropped: Counter[str] = Counter()
        self.has_tables = False
        # Reports have all that was in the journals at this moment; and what `fixed` adds to that.
        self.whole_until = self.progress.whole_until or oldest_boot(options.journal_dir)
        self.gathered_until: datetime | None = None
        options.manifests_dir.mkdir(parents=True, exist_ok=True)

    def find_fixed(self) -> Fixed | None:
        """Return the batch that was fixed before a crash and perhaps not sent."""
        batch = self.room.read(BATCH, Batch)
        if batch is None or batch.number <= self.progress.number:
            return None
        return Fixed(batch, is_doubtful=True)

    def load_next(self, now: datetime, *, with_lone_tally: bool) -> int:
        """Load one batch and return how many journal bytes it took; 0 when there is nothing.

        Raises StoreError, Unwritten: then nothing is lost and the same call is tried again.
        """
        if not self.has_tables:
            migrate(self.options.store, load.SCHEMA)
            load.make_days_good(self.options.store, now.date())
            self.has_tables = True
        self.close_left_open(now)
        if self.fixed is None:
            self.fixed = self.fix_next(now, with_lone_tally=with_lone_tally)
        if self.fixed is None:
            self.whole_until = self.gathered_until or self.whole_until
            self.note_quiet()
            return 0
        fixed = self.fixed
        self.fixed = Fixed(fixed.batch, is_doubtful=True)
        fixed.send(self.options.store)
        self.whole_until = self.gathered_until or self.whole_until
        self.finish(fixed.batch, now)
        self.fixed = None
        return sum(stretch.end - stretch.start for stretch in fixed.batch.stretches)

    def fix_next(self, now: datetime, *, with_lone_tally: bool) -> Fixed | None:
        """Gather what is new in the journals and fix it as the next batch."""
        stretches, contents, is_all = self.gather()
        self.gathered_until = now if is_all else None
        if not stretches or not (contents.events or with_lone_tally):
            return None
        repeated = self.seen.find_repeated(contents.events)
        batch = make_batch(self.progress.number + 1, stretches, contents, repeated)
        self.room.write(BATCH, batch)
        self.seen.add(batch.events)
        return Fixed(batch)

    def gather(self) -> tuple[tuple[Stretch, ...], Contents, bool]:
        """Return what is new in the journals, and whether that is all of it."""
        stretches: list[Stretch] = []
        payloads: list[bytes] = []
        size_bytes = 0
        segments = list_segments(self.options.journal_dir)
        is_all = len(segments) < SEGMENTS_MAX
        for path in segments:
            if size_bytes >= BYTES_ENOUGH:
                is_all = False
                break
            start, reading = self.read_on(path)
            is_all = is_all and reading.is_all
            if reading.offset > start:
                stretches.append(Stretch(name_of(path), start, reading.offset))
                payloads += reading.payloads
                # Not the stretch: the zeros behind a dead writer's last record are no work.
                size_bytes += sum(map(len, reading.payloads))
        return tuple(stretches), read_contents(payloads), is_all

    def close_left_open(self, now: datetime) -> None:
        """Close segments whose writers are gone: they would lie here until one takes its place."""
        left = {
            path.parent
            for path in list_segments(self.options.journal_dir)
            if path.suffix == OPEN and is_left(path, now)
        }
        for directory in left:
            close_left_open(directory)

    def read_on(self, path: Path) -> tuple[int, Reading]:
        """Return what is new in one segment and from where; one loaded to its end is freed."""
        segment = name_of(path)
        start = self.progress.offsets.get(segment, 0)
        try:
            reading = read_segment(path, start)
        except FileNotFoundError:
            return start, Reading((), start)  # it was closed this moment, which changes its name
        for damage in reading.damages:
            self.set_aside(segment, damage)
        if reading.is_finished and reading.offset == start:
            path.unlink(missing_ok=True)
        return start, reading

    def finish(self, batch: Batch, now: datetime) -> None:
        """Write the manifest, then how far all is loaded, and only then free what is loaded."""
        if batch.events or batch.dropped:
            manifest = self.options.manifests_dir / f"{batch.token}.json"
            content = to_manifest(batch, now)
            self.room.with_reserve(lambda: replace_durably(manifest, content))
        offsets = self.progress.offsets | {
            stretch.segment: stretch.end for stretch in batch.stretches
        }
        alive = {name_of(path) for path in list_segments(self.options.journal_dir)}
        self.progress = Progress(
            number=batch.number,
            offsets={segment: end for segment, end in offsets.items() if segment in alive},
            whole_until=self.whole_until,
        )
        self.room.write(PROGRESS, self.progress)
        self.room.forget(BATCH)
        self.loaded += len(batch.events)
        # What collectors left out is in the manifest; they tell of it themselves.
        own = {UNREADABLE: batch.dropped.get(UNREADABLE, 0), "replayed": batch.replayed}
        self.dropped.update({reason: count for reason, count in own.items() if count})

    def note_quiet(self) -> None:
        """Note now and then that reports have all, for the loader that comes next.

        Else it would say after a quiet night that they lack what came since the evening.
        Raises Unwritten.
        """
        until, noted = self.whole_until, self.progress.whole_until
        if until is None or (noted is not None and abs(until - noted) < NOTED_EVERY):
            return
        progress = Progress(self.progress.number, self.progress.offsets, until)
        self.room.write(PROGRESS, progress)
        self.progress = progress

    def set_aside(self, segment: str, damage: Damage) -> None:
        """Keep damaged bytes for a person to look at. A tail that was torn was never answered."""
        log.warning(
            "journal.damaged",
            segment=segment,
            offset=damage.start,
            size=len(damage.content),
            reason="torn" if damage.is_torn else "changed",
        )
        folder = self.options.damaged_dir
        path = folder / f"{segment.replace('/', '-')}-{damage.start}"
        if damage.is_torn or path.exists():
            return
        folder.mkdir(parents=True, exist_ok=True)
        if len(list(folder.iterdir())) < DAMAGES_MAX:
            self.room.with_reserve(lambda: replace_durably(path, damage.content))

    def waiting_bytes(self) -> int:
        """Return how much of the journals is not loaded; open segments count as what they allot."""
        total = 0
        for path in list_segments(self.options.journal_dir):
            if path.suffix == CLOSED and path.exists():
                total += path.stat().st_size - self.progress.offsets.get(name_of(path), 0)
        return total


def run_loader(options: LoaderOptions) -> None:
    """Load until SIGTERM. Waits while another loader of this instance runs: one per store."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    lease = take_lease(options, stop)
    if lease is None:
        return
    try:
        keep_loading(Loader(options), stop)
    finally:
        os.close(lease)


def take_lease(options: LoaderOptions, stop: threading.Event) -> int | None:
    """Return the lock that only one loader holds, or None when asked to stop before it is free."""
    options.data_dir.mkdir(parents=True, exist_ok=True)
    lock = os.open(options.data_dir / "loader.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    while not stop.is_set():
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stop.wait(IDLE_S)
        else:
            return lock
    os.close(lock)
    return None


def keep_loading(loader: Loader, stop: threading.Event) -> None:
    backoff_s, trouble = IDLE_S, ""
    loaded_at = datetime.now(UTC)
    while not stop.is_set():
        now = datetime.now(UTC)
        tell(loader, trouble, now)
        is_late = abs((now - loaded_at).total_seconds()) > LONE_TALLY_S
        try:
            taken_bytes = loader.load_next(now, with_lone_tally=is_late)
        except (StoreError, SchemaChanged, Unwritten, OSError) as error:
            trouble = told_trouble(error)
            if backoff_s > IDLE_S:  # the store may just be starting
                log.warning("loader.waits", error=type(error).__name__, again_in_s=backoff_s)
            stop.wait(backoff_s)
            backoff_s = min(BACKOFF_S_MAX, backoff_s * 2)
            continue
        backoff_s, trouble = IDLE_S, ""
        if taken_bytes:
            loaded_at = now
        else:
            stop.wait(IDLE_S)


def told_trouble(error: Exception) -> str:
    if isinstance(error, StoreError):
        return "Counted visits wait in the journal: the column store does not take them."
    if isinstance(error, SchemaChanged):
        return f"Counted visits wait in the journal: {error}"
    return (
        f"Counted visits wait in the journal: the disk does not take the loader's notes ({error})."
    )


def drop_old_damage(folder: Path, now: datetime) -> int:
    """Remove bytes that were set aside too long ago and return how many places are left."""
    places = 0
    with contextlib.suppress(FileNotFoundError):
        for path in folder.iterdir():
            if now.timestamp() - path.stat().st_mtime > DAMAGE_KEPT_S:
                path.unlink()
            else:
                places += 1
    return places


def tell(loader: Loader, trouble: str, now: datetime) -> None:
    damaged = loader.options.damaged_dir
    places = drop_old_damage(damaged, now)
    if places and not trouble:
        trouble = (
            f"The journal was damaged in {places} places. The bytes stand in {damaged}; "
            "remove them once you have looked at them. After 30 days they go by themselves."
        )
    if loader.seen.forgot and not trouble:
        trouble = "More events came than ids can be remembered: one sent again may count twice."
    payload = {
        "loaded": loader.loaded,
        "dropped": dict(loader.dropped),
        "waiting_bytes": loader.waiting_bytes(),
        "whole_until": loader.whole_until and loader.whole_until.isoformat(),
        "trouble": trouble,
    }
    try:
        write_status(loader.options.status_dir, "loader", payload, now)
    except OSError as error:
        log.warning("loader.status_unwritten", error=error.strerror)


def list_segments(journal_dir: Path) -> list[Path]:
    """Return all segments, the oldest of each journal first, so that none waits for another."""
    paths = sorted(path for path in journal_dir.glob("*/*") if path.suffix in {OPEN, CLOSED})
    ranked = [
        (rank, path)
        for _, of_one in groupby(paths, key=lambda path: path.parent)
        for rank, path in enumerate(of_one)
    ]
    return [path for _, path in sorted(ranked, key=lambda pair: pair[0])][:SEGMENTS_MAX]


def oldest_boot(journal_dir: Path) -> datetime | None:
    """Return when the first of the writers began of whose segments some are there yet.

    All that was taken in before is loaded: a segment is freed no sooner.
    """
    boots = (booted_at(path) for path in list_segments(journal_dir))
    return min((at for at in boots if at is not None), default=None)


def is_left(path: Path, now: datetime) -> bool:
    with contextlib.suppress(FileNotFoundError):  # it was closed this moment
        return now.timestamp() - path.stat().st_mtime > SEGMENT_S
    return False


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"
