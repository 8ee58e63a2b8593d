"""What one loaded batch was, for the ledger: counts, reasons and a hash, and nobody's data."""

import json
from collections import Counter
from datetime import datetime

from clearline.edge.collector.batch import Batch, Contents


def to_manifest(batch: Batch, contents: Contents, now: datetime) -> bytes:
    """Return the manifest as JSON; for the same batch the same but for the moment of loading."""
    events = contents.events
    moments = [event.at_ms for event in events]
    told = {
        "batch": batch.token,
        "loaded_at": now.isoformat(),
        "events": len(events),
        "recognised": sum(1 for event in events if event.visitor),
        "by_clause": dict(sorted(Counter(contents.footings).items())),
        "first_at_ms": min(moments, default=None),
        "last_at_ms": max(moments, default=None),
        "replayed": len(batch.left_out),
        "dropped": dict(sorted(contents.dropped.items())),
        "sha256": batch.sha256,
    }
    return json.dumps(told, indent=1).encode() + b"\n"
