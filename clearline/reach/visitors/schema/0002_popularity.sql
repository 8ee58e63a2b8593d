-- What reports read instead of events: sums by day, and by stretches of 8 days so that a long
-- period reads few rows. Those who agreed and those who did not are rows of their own, so that
-- each goes when its clause says. The name is the page's or the service's; for a referrer its class.
CREATE TABLE IF NOT EXISTS popularity
(
    filter LowCardinality(String),                            -- not personal: the name of a column
    value LowCardinality(String),                             -- category: user.behavior.browsing_history
    thing LowCardinality(String),                             -- not personal: page, service or site
    span UInt8,                                               -- not personal: days that the row stands for
    start Date,                                               -- category: user.behavior.browsing_history
    agreed UInt8,                                             -- category: user.behavior.browsing_history
    name LowCardinality(String),                              -- category: user.behavior.browsing_history
    views SimpleAggregateFunction(sum, UInt64),               -- category: user.behavior.browsing_history
    starts SimpleAggregateFunction(sum, UInt64),              -- category: user.behavior.browsing_history
    timed SimpleAggregateFunction(sum, UInt64),               -- category: user.behavior.browsing_history
    seconds SimpleAggregateFunction(sum, UInt64),             -- category: user.behavior.browsing_history
    people AggregateFunction(uniqCombined64(12), UInt64)      -- category: user.device.cookie_id
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(start)
ORDER BY (thing, filter, value, span, start, agreed, name)
SETTINGS index_granularity = 256, non_replicated_deduplication_window = 10000;

-- A service is viewed on its page and where it is opened inside another. Time is told apart from views.
CREATE MATERIALIZED VIEW IF NOT EXISTS popularity_of_event TO popularity AS
SELECT
    cut.1 AS filter,
    cut.2 AS value,
    cut.3 AS thing,
    span,
    toDate(intDiv(toUInt16(day), span) * span) AS start,
    visitor != 0 AS agreed,
    cut.4 AS name,
    sum(cut.5) AS views,
    sum(starts * cut.5) AS starts,
    sum(kind = 'time') AS timed,
    sum(seconds) AS seconds,
    uniqCombined64StateIf(12)(visitor, visitor != 0 AND cut.5 = 1) AS people
FROM
(
    SELECT
        day, kind, visitor, starts, seconds,
        arrayJoin(arrayFilter(
            cut -> (cut.1 = '' OR cut.2 != '') AND (cut.3 != 'service' OR cut.4 != '') AND (cut.5 = 1 OR kind = 'time'),
            arrayConcat(
                arrayMap(of -> (of.1, of.2, 'site', of.1 = 'referrer' ? referrer_class : '', kind = 'view'), [
                    ('', ''), ('part', part), ('device', device),
                    ('referrer_class', referrer_class), ('referrer', referrer), ('campaign', campaign)
                ]),
                arrayMap(of -> (of.1, of.2, 'page', page, kind = 'view'), [
                    ('', ''), ('part', part), ('device', device),
                    ('referrer_class', referrer_class), ('campaign', campaign)
                ]),
                arrayMap(of -> (of.1, of.2, 'service', service, kind IN ('view', 'service')), [
                    ('', ''), ('part', part), ('device', device),
                    ('referrer_class', referrer_class), ('campaign', campaign)
                ])
            )
        )) AS cut,
        arrayJoin([1, 8]) AS span
    FROM event
    WHERE kind IN ('view', 'service', 'time')
)
GROUP BY filter, value, thing, span, start, agreed, name;
