"""The SQL of events and their sums. Every value arrives as a parameter, column names never do.

`counts` is true of an event that views the thing: a service is viewed on its page and where it is
opened inside another. `shows` and `shows_site` are true of an event that shows who is there: a
view, and a yes on a page that was viewed before its visitor was recognised. The period before
ends where `start` begins.
"""

from typing import Final

# How many events, near enough: counting them one by one would read millions of rows.
SIZE: Final = """
SELECT start >= {start:Date} AS is_now, sum(views) + sum(timed)
FROM popularity
WHERE filter = '' AND value = '' AND thing = 'site' AND span = 1
    AND start BETWEEN {first:Date} AND {end:Date}
GROUP BY is_now
"""

# Which events, in a sample of one in ten or whole. `spread_max` cuts the primary key, like SAMPLE.
EVENTS: Final = """
    SELECT
        *,
        day >= {start:Date} AS is_now,
        visitor != 0 AS agreed,
        kind = 'yes' AND agreed AS says_yes,
        {thing:String} = 'page' ? page : service AS thing_name,
        kind = 'view' AS counts_site,
        kind = 'view' OR ({thing:String} = 'service' AND kind = 'service') AS counts,
        counts_site OR kind = 'yes' AS shows_site,
        counts OR kind = 'yes' AS shows
    FROM event
    WHERE day BETWEEN {first:Date} AND {end:Date}
        AND spread <= {spread_max:UInt32}
        AND kind IN ('view', 'time', 'service', 'yes')
        AND ({population:String} = 'all' OR (visitor != 0) = ({population:String} = 'agreed'))
        AND ({part:String} = '' OR part = {part:String})
        AND ({device:String} = '' OR device = {device:String})
        AND ({referrer_class:String} = '' OR referrer_class = {referrer_class:String})
        AND ({referrer:String} = '' OR referrer = {referrer:String})
        AND ({campaign:String} = '' OR campaign = {campaign:String})
"""

# Which sums, over both periods.
SUMS: Final = """
    SELECT *, start >= {start:Date} AS is_now
    FROM popularity
    WHERE start BETWEEN {first:Date} AND {end:Date}
        AND ({population:String} = 'all' OR agreed = ({population:String} = 'agreed'))
"""

FILTERED: Final = "AND filter = {filter:String} AND value = {value:String}"

# Each day once, in as few rows as may be: whole stretches of 8 days, and the days between them.
WIDE: Final = """
        AND (
            (span = 8 AND start IN {blocks:Array(Date)})
            OR (span = 1 AND start IN {days:Array(Date)})
        )
"""

# From where on no stretch of 8 days has lost a day to the end of its retention.
WIDE_FROM: Final = """
SELECT max(first) FROM
(
    SELECT min(start) AS first
    FROM popularity
    WHERE filter = '' AND value = '' AND thing = 'site' AND span = 8
    GROUP BY agreed
)
"""

DAYS_OF_EVENTS: Final = f"""
SELECT
    day,
    agreed,
    countIf(counts_site),
    sumIf(starts, counts_site),
    uniqExactIf(visitor, shows_site AND agreed),
    sum(seconds),
    uniqExactIf(visitor, says_yes)
FROM ({EVENTS})
WHERE kind != 'service'
GROUP BY day, agreed
"""

DAYS_OF_SUMS: Final = f"""
SELECT
    start,
    agreed,
    sum(views),
    sum(starts),
    uniqCombined64MergeIf(12)(people, agreed = 1),
    sum(seconds),
    uniqCombined64MergeIf(12)(said_yes, agreed = 1)
FROM ({SUMS} {FILTERED} AND thing = 'site' AND span = 1)
GROUP BY start, agreed
"""

PEOPLE_OF_EVENTS: Final = f"""
SELECT is_now, uniqExact(visitor), uniqExactIf(visitor, says_yes)
FROM ({EVENTS})
WHERE shows_site AND agreed
GROUP BY is_now
"""

PEOPLE_OF_SUMS: Final = f"""
SELECT is_now, uniqCombined64Merge(12)(people), uniqCombined64Merge(12)(said_yes)
FROM ({SUMS} {FILTERED} {WIDE} AND thing = 'site' AND agreed = 1)
GROUP BY is_now
"""

# How many stand behind a group, as `report.Count.size` says it: people, visits of others, people
# who said yes here.
BEHIND: Final = "{0} + greatest({1}, least({2}, {0})) - least({2}, {0})"
BEHIND_GROUP: Final = BEHIND.format("people_now", "declined_now", "said_yes_now")
BEHIND_SMALLER: Final = BEHIND.format(
    "max(people_now) OVER smaller",
    "sum(declined_now) OVER smaller",
    "sum(said_yes_now) OVER smaller",
)

# The greatest of each side one by one, and all others together. A value of a group that is too
# small is never told apart, and neither are the smallest after it while those left out together
# are too few; who said yes on a page is one of its people and of the visits begun there no other;
# whatever is searched, these are the same, and a search does not even count them: it
# would spell out their names letter by letter. People of several are at least the most.
# Of those who agreed and those who did not the same are left out, whichever of the two is told:
# where one of the two is too small, the other would give it away beside the figures of all.
# What has a `parent` that is told as well, a page in its part and a site in its kind, is left out
# within it: the parent and the others in it would give a small one away.
APART: Final = """,
sized AS
(
    SELECT
        *,
        toUInt64(views_now - declined_views_now) AS views_agreed,
        {size} AS size,
        {size_smaller} AS size_smaller,
        size < {group_min:UInt32}
            OR (sum(views_now) OVER smaller > 0 AND size_smaller < {group_min:UInt32})
            OR ({is_paired:UInt8} AND views_agreed > 0 AND people_now < {group_min:UInt32})
            OR ({is_paired:UInt8} AND declined_views_now > 0 AND declined_now < {group_min:UInt32})
            AS is_few,
        multiIf(views_agreed = 0, declined_now, declined_views_now = 0, people_now,
            least(people_now, declined_now)) AS size_least,
        positionCaseInsensitiveUTF8(value, {search:String}) > 0 AS is_searched,
        {told:String} = 'declined' ? 0 : people_now AS people_told,
        {told:String} = 'agreed' ? 0 : declined_now AS declined_told,
        multiIf({told:String} = 'agreed', toUInt64(visits_now - declined_now),
            {told:String} = 'declined', declined_now, visits_now) AS visits_told,
        multiIf({told:String} = 'agreed', views_agreed,
            {told:String} = 'declined', declined_views_now, views_now) AS views_told
    FROM counted
    WINDOW smaller AS (
        PARTITION BY side, parent ORDER BY {size}, value
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
),
closed AS
(
    SELECT
        *,
        is_few
            OR people_told + declined_told < {group_min:UInt32}
            OR ({is_paired:UInt8} AND (
                (sum(views_agreed) OVER lesser > 0
                    AND max(people_now) OVER lesser < {group_min:UInt32})
                OR (sum(declined_views_now) OVER lesser > 0
                    AND sum(declined_now) OVER lesser < {group_min:UInt32})
                OR (countIf(views_now > 0 AND is_few) OVER lesser = 1
                    AND countIf(views_now > 0) OVER lesser = 1)
            )) AS is_small
    FROM sized
    WINDOW lesser AS (
        PARTITION BY side, parent ORDER BY is_few DESC, size_least, value
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
),
placed AS
(
    SELECT
        *,
        row_number() OVER (
            PARTITION BY side
            ORDER BY
                is_small OR NOT is_searched,
                multiIf(
                    {order:String} = 'people', people_told,
                    {order:String} = 'visits', visits_told,
                    views_told
                ) DESC,
                views_told DESC,
                value
        ) AS place,
        (place <= {rows_max:UInt32} OR value = '') AND is_searched AND NOT is_small AS is_apart
    FROM closed
)
SELECT
    side,
    is_apart,
    is_apart ? value : '' AS name,
    parent,
    countIf(
        views_told > 0 AND is_searched AND value != '' AND (NOT is_small OR {search:String} = '')
    ),
    sum(views_now), sum(visits_now), max(people_now), sum(seconds_now), sum(declined_now),
    sum(declined_views_now), sum(declined_seconds_now), sum(said_yes_now),
    sum(views_before), sum(visits_before), max(people_before), sum(seconds_before),
    sum(declined_before), sum(declined_views_before), sum(declined_seconds_before),
    sum(said_yes_before)
FROM placed
GROUP BY side, is_apart, name, parent
""".replace("{size}", BEHIND_GROUP).replace("{size_smaller}", BEHIND_SMALLER)

# As `event.part_of` says it.
PARENT_OF_NAME: Final = """(
            {thing:String} = 'page'
                ? transform(
                    splitByChar('/', value)[2],
                    {firsts:Array(String)}, {parts:Array(String)}, 'other'
                )
                : ''
        )"""

NAMES_OF_EVENTS: Final = f"""
WITH counted AS
(
    SELECT
        '' AS side,
        toString(thing_name) AS value,
        {PARENT_OF_NAME} AS parent,
        countIf(counts AND is_now) AS views_now,
        sumIf(starts, counts AND is_now) AS visits_now,
        uniqExactIf(visitor, shows AND agreed AND is_now) AS people_now,
        sumIf(seconds, is_now) AS seconds_now,
        sumIf(starts, counts AND NOT agreed AND is_now) AS declined_now,
        countIf(counts AND NOT agreed AND is_now) AS declined_views_now,
        sumIf(seconds, NOT agreed AND is_now) AS declined_seconds_now,
        uniqExactIf(visitor, says_yes AND is_now) AS said_yes_now,
        countIf(counts AND NOT is_now) AS views_before,
        sumIf(starts, counts AND NOT is_now) AS visits_before,
        uniqExactIf(visitor, shows AND agreed AND NOT is_now) AS people_before,
        sumIf(seconds, NOT is_now) AS seconds_before,
        sumIf(starts, counts AND NOT agreed AND NOT is_now) AS declined_before,
        countIf(counts AND NOT agreed AND NOT is_now) AS declined_views_before,
        sumIf(seconds, NOT agreed AND NOT is_now) AS declined_seconds_before,
        uniqExactIf(visitor, says_yes AND NOT is_now) AS said_yes_before
    FROM ({EVENTS})
    WHERE thing_name != '' AND (shows OR kind = 'time')
    GROUP BY thing_name
)
{APART}
"""

MEASURES_OF_SUMS: Final = """
        sumIf(views, is_now) AS views_now,
        sumIf(starts, is_now) AS visits_now,
        uniqCombined64MergeIf(12)(people, agreed = 1 AND is_now) AS people_now,
        sumIf(seconds, is_now) AS seconds_now,
        sumIf(starts, agreed = 0 AND is_now) AS declined_now,
        sumIf(views, agreed = 0 AND is_now) AS declined_views_now,
        sumIf(seconds, agreed = 0 AND is_now) AS declined_seconds_now,
        uniqCombined64MergeIf(12)(said_yes, agreed = 1 AND is_now) AS said_yes_now,
        sumIf(views, NOT is_now) AS views_before,
        sumIf(starts, NOT is_now) AS visits_before,
        uniqCombined64MergeIf(12)(people, agreed = 1 AND NOT is_now) AS people_before,
        sumIf(seconds, NOT is_now) AS seconds_before,
        sumIf(starts, agreed = 0 AND NOT is_now) AS declined_before,
        sumIf(views, agreed = 0 AND NOT is_now) AS declined_views_before,
        sumIf(seconds, agreed = 0 AND NOT is_now) AS declined_seconds_before,
        uniqCombined64MergeIf(12)(said_yes, agreed = 1 AND NOT is_now) AS said_yes_before
"""

NAMES_OF_SUMS: Final = f"""
WITH counted AS
(
    SELECT
        '' AS side, toString(sums.name) AS value, {PARENT_OF_NAME} AS parent, {MEASURES_OF_SUMS}
    FROM ({SUMS} {FILTERED} {WIDE} AND thing = {{thing:String}}) AS sums
    GROUP BY sums.name
)
{APART}
"""

# Of the columns one is grouped by and the others are empty: put together they are the value.
SIDES_OF_EVENTS: Final = f"""
WITH counted AS
(
    SELECT
        ['part', 'device', 'referrer', 'referrer_class', 'campaign'][indexOf(
            [
                grouping(part), grouping(device), grouping(referrer),
                grouping(referrer_class), grouping(campaign)
            ],
            0
        )] AS side,
        side = 'referrer'
            ? toString(referrer)
            : concat(part, device, referrer_class, campaign) AS value,
        side = 'referrer' ? toString(referrer_class) : '' AS parent,
        countIf(counts_site AND is_now) AS views_now,
        sumIf(starts, counts_site AND is_now) AS visits_now,
        uniqExactIf(visitor, shows_site AND agreed AND is_now) AS people_now,
        sumIf(seconds, is_now) AS seconds_now,
        sumIf(starts, counts_site AND NOT agreed AND is_now) AS declined_now,
        countIf(counts_site AND NOT agreed AND is_now) AS declined_views_now,
        sumIf(seconds, NOT agreed AND is_now) AS declined_seconds_now,
        uniqExactIf(visitor, says_yes AND is_now) AS said_yes_now,
        countIf(counts_site AND NOT is_now) AS views_before,
        sumIf(starts, counts_site AND NOT is_now) AS visits_before,
        uniqExactIf(visitor, shows_site AND agreed AND NOT is_now) AS people_before,
        sumIf(seconds, NOT is_now) AS seconds_before,
        sumIf(starts, counts_site AND NOT agreed AND NOT is_now) AS declined_before,
        countIf(counts_site AND NOT agreed AND NOT is_now) AS declined_views_before,
        sumIf(seconds, NOT agreed AND NOT is_now) AS declined_seconds_before,
        uniqExactIf(visitor, says_yes AND NOT is_now) AS said_yes_before
    FROM ({EVENTS})
    WHERE kind != 'service'
    GROUP BY GROUPING SETS (
        (part), (device), (referrer_class), (referrer, referrer_class), (campaign)
    )
)
{APART}
"""

SIDES_OF_SUMS: Final = f"""
WITH counted AS
(
    SELECT
        toString(filter) AS side,
        toString(sums.value) AS value,
        toString(sums.name) AS parent,
        {MEASURES_OF_SUMS}
    FROM ({SUMS} {WIDE} AND filter != '' AND thing = 'site') AS sums
    GROUP BY filter, sums.value, sums.name
)
{APART}
"""

# Of the sums a stretch of days goes when its first day does: those after it have rows of their own.
EXPIRED_EVENTS: Final = "day < {kept_from:Date} AND (visitor != 0) = {agreed:UInt8}"
EXPIRED_SUMS: Final = "start < {kept_from:Date} AND agreed = {agreed:UInt8}"
COUNT_EXPIRED_EVENTS: Final = f"SELECT count() FROM event WHERE {EXPIRED_EVENTS}"
ERASE_EVENTS: Final = f"ALTER TABLE event DELETE WHERE {EXPIRED_EVENTS} SETTINGS mutations_sync = 1"
ERASE_SUMS: Final = (
    f"ALTER TABLE popularity DELETE WHERE {EXPIRED_SUMS} SETTINGS mutations_sync = 1"
)

# Sums that do not agree with their events, after a batch of which nobody knows what became.
RUNNING: Final = "SELECT count() FROM system.processes WHERE query_kind = 'Insert'"

STRETCHES: Final = """(
    (span = 1 AND start IN {days:Array(Date)}) OR (span = 8 AND start IN {blocks:Array(Date)})
)"""
DIFFERING: Final = f"""
SELECT span, start
FROM
(
    SELECT
        arrayJoin([1, 8]) AS span,
        toDate(intDiv(toUInt16(day), span) * span) AS start,
        toInt64(countIf(kind = 'view')) AS views,
        toInt64(countIf(service != '' AND kind IN ('view', 'service'))) AS services,
        toInt64(sum(seconds)) AS seconds,
        toInt64(countIf(kind = 'yes')) AS yeses
    FROM event
    WHERE day BETWEEN {{first:Date}} AND {{last:Date}}
    GROUP BY span, start
    UNION ALL
    SELECT
        span,
        start,
        -toInt64(sumIf(views, thing = 'site')),
        -toInt64(sumIf(views, thing = 'service')),
        -toInt64(sumIf(seconds, thing = 'site')),
        -toInt64(sumIf(yeses, thing = 'site'))
    FROM popularity
    WHERE filter = '' AND start BETWEEN {{first:Date}} AND {{last:Date}}
    GROUP BY span, start
)
WHERE {STRETCHES}
GROUP BY span, start
HAVING sum(views) != 0 OR sum(services) != 0 OR sum(seconds) != 0 OR sum(yeses) != 0
"""
ERASE_STRETCHES: Final = (
    f"ALTER TABLE popularity DELETE WHERE {STRETCHES} SETTINGS mutations_sync = 1"
)
# The view is asked how it sums, so that the rule stands in one place.
VIEW: Final = """
SELECT as_select FROM system.tables
WHERE database = currentDatabase() AND name = 'popularity_of_event'
"""
SLICE_OF_EVENT: Final = """FROM (
    SELECT * FROM event
    WHERE day BETWEEN {first:Date} AND {last:Date} AND spread % {slices:UInt8} = {slice:UInt8}
)"""
MAKE_STRETCHES: Final = f"""
INSERT INTO popularity SELECT * FROM ({{view}}) WHERE {STRETCHES} SETTINGS insert_deduplicate = 0
"""
