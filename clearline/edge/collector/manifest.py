"""What one loaded batch was, for the ledger: counts, reasons and a hash, and nobody's data."""

import json
from collections import Counter
from datetime import datetime

from clearline.edge.collector.batch import Batch


def to_manifest(batch: Batch, now: datetime) -> bytes:
    """Return the manifest as JSON; for the same batch the same but for the moment of loading."""
    events = batch.events
    moments = [event.at_ms for event in events]
    told = {
        "batch": batch.token,
        "loaded_at": now.isoformat(),
        "events": len(events),
        "recognised": sum(1 for event in events if event.visitor),
        "by_clause": dict(sorted(Counter(batch.footings).items())),
        "first_at_ms": min(moments, default=None),
        "last_at_ms": max(moments, default=None),
        "replayed": batch.replayed,
        "dropped": dict(sorted(batch.dropped.items())),
        "sha256": batch.sha256,
    }
    return json.dumps(told, indent=1).encode() + b"\n"
