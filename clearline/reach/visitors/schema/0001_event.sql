-- One row for each act of a visitor. Declined or not recognised: visitor is 0, and nothing else tells.
-- spread puts a recognised visitor's events together and scatters all others, so that a sample of
-- it is a fair part of both.
CREATE TABLE IF NOT EXISTS event
(
    id UInt64,                                                -- category: user.behavior.browsing_history
    at DateTime64(3, 'UTC') CODEC(Delta, ZSTD),               -- category: user.behavior.browsing_history
    day Date CODEC(Delta, ZSTD),                              -- category: user.behavior.browsing_history
    kind LowCardinality(String),                              -- category: user.behavior.browsing_history
    page LowCardinality(String),                              -- category: user.behavior.browsing_history
    part LowCardinality(String),                              -- category: user.behavior.browsing_history
    service LowCardinality(String),                           -- category: user.behavior.browsing_history
    name LowCardinality(String),                              -- category: user.behavior.browsing_history
    device LowCardinality(String),                            -- category: user.device.kind
    referrer_class LowCardinality(String),                    -- category: user.behavior.browsing_history
    referrer LowCardinality(String),                          -- category: user.behavior.browsing_history
    campaign LowCardinality(String),                          -- category: user.behavior.browsing_history
    visitor UInt64,                                           -- category: user.device.cookie_id
    starts UInt8,                                             -- category: user.behavior.browsing_history
    seconds UInt16,                                           -- category: user.behavior.browsing_history
    received DateTime64(3, 'UTC') CODEC(Delta, ZSTD),         -- category: user.behavior.browsing_history
    batch UInt64 DEFAULT 0,                                   -- not personal: in which batch it was loaded
    spread UInt32 MATERIALIZED cityHash64(visitor = 0 ? id : visitor)  -- category: user.device.cookie_id
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (day, spread, at)
SAMPLE BY spread
SETTINGS non_replicated_deduplication_window = 10000;
