"""The SQL of the popularity report. Every value arrives as a parameter, column names never do.

`counts` is true of an event that views the thing: a service is viewed on its page and where it is
opened inside another. The period before ends where `start` begins.
"""

from typing import Final

# Which events, in a sample of one in ten or whole. `spread_max` cuts the primary key, like SAMPLE.
EVENTS: Final = """
    SELECT
        *,
        day >= {start:Date} AS is_now,
        {thing:String} = 'page' ? page : service AS thing_name,
        kind = 'view' AS views_site,
        kind = 'view' OR ({thing:String} = 'service' AND kind = 'service') AS counts
    FROM event
    WHERE day BETWEEN {first:Date} AND {end:Date}
        AND spread <= {spread_max:UInt32}
        AND kind IN ('view', 'time', 'service')
        AND ({population:String} = 'all' OR (visitor != 0) = ({population:String} = 'agreed'))
        AND ({part:String} = '' OR part = {part:String})
        AND ({device:String} = '' OR device = {device:String})
        AND ({referrer_class:String} = '' OR referrer_class = {referrer_class:String})
        AND ({campaign:String} = '' OR campaign = {campaign:String})
"""

# Which sums, over both periods, in rows that stand for one day.
SUMS: Final = """
    SELECT *, start >= {start:Date} AS is_now
    FROM popularity
    WHERE filter = {filter:String} AND value = {value:String}
        AND start BETWEEN {first:Date} AND {end:Date}
        AND ({population:String} = 'all' OR agreed = ({population:String} = 'agreed'))
"""

# The same in as few rows as may be: whole stretches of 8 days, and the days between them.
WIDE: Final = """
        AND ((span = 8 AND start IN {blocks:Array(Date)}) OR (span = 1 AND start IN {days:Array(Date)}))
"""

DAYS_OF_EVENTS: Final = f"""
SELECT day, visitor != 0, sum(views_site), sumIf(starts, views_site), sum(seconds)
FROM ({EVENTS}) WHERE kind != 'service'
GROUP BY day, visitor != 0
"""

DAYS_OF_SUMS: Final = f"""
SELECT start, agreed, sum(views), sum(starts), sum(seconds)
FROM ({SUMS} AND thing = 'site' AND span = 1)
GROUP BY start, agreed
"""

# 1970-01-01 stands for the whole period.
PEOPLE_OF_EVENTS: Final = f"""
SELECT is_now, arrayJoin([day, toDate(0)]) AS on, uniqExact(visitor)
FROM ({EVENTS}) WHERE views_site AND visitor != 0
GROUP BY is_now, on
"""

PEOPLE_OF_SUMS: Final = f"""
SELECT is_now, start, uniqCombined64Merge(12)(people)
FROM ({SUMS} AND thing = 'site' AND span = 1 AND agreed = 1)
GROUP BY is_now, start
UNION ALL
SELECT is_now, toDate(0), uniqCombined64Merge(12)(people)
FROM ({SUMS} {WIDE} AND thing = 'site' AND agreed = 1)
GROUP BY is_now
"""

# The names with most views one by one, all others together under the empty name.
TOP: Final = """
SELECT
    place <= {names_max:UInt32} ? name : '' AS shown, count(),
    sum(views), sum(visits), sum(seconds),
    sum(views_before), sum(visits_before), sum(seconds_before)
FROM (SELECT *, row_number() OVER (ORDER BY views DESC, name) AS place FROM counted)
GROUP BY shown
"""

NAMES_OF_EVENTS: Final = f"""
WITH counted AS
(
    SELECT
        toString(thing_name) AS name,
        countIf(counts AND is_now) AS views,
        sumIf(starts, counts AND is_now) AS visits,
        sumIf(event.seconds, is_now) AS seconds,
        countIf(counts AND NOT is_now) AS views_before,
        sumIf(starts, counts AND NOT is_now) AS visits_before,
        sumIf(event.seconds, NOT is_now) AS seconds_before
    FROM ({EVENTS}) AS event
    WHERE thing_name != '' AND positionCaseInsensitiveUTF8(thing_name, {{search:String}}) > 0
    GROUP BY thing_name
    HAVING views > 0
)
{TOP}
"""

NAMES_OF_SUMS: Final = f"""
WITH counted AS
(
    SELECT
        toString(event.name) AS name,
        sumIf(event.views, is_now) AS views,
        sumIf(starts, is_now) AS visits,
        sumIf(event.seconds, is_now) AS seconds,
        sumIf(event.views, NOT is_now) AS views_before,
        sumIf(starts, NOT is_now) AS visits_before,
        sumIf(event.seconds, NOT is_now) AS seconds_before
    FROM ({SUMS} {WIDE} AND thing = {{thing:String}}) AS event
    WHERE positionCaseInsensitiveUTF8(event.name, {{search:String}}) > 0
    GROUP BY event.name
    HAVING views > 0
)
{TOP}
"""

PEOPLE_BY_NAME_OF_EVENTS: Final = f"""
SELECT thing_name, uniqExactIf(visitor, is_now), uniqExactIf(visitor, NOT is_now)
FROM ({EVENTS}) WHERE counts AND visitor != 0 AND thing_name IN {{names:Array(String)}}
GROUP BY thing_name
"""

PEOPLE_BY_NAME_OF_SUMS: Final = f"""
SELECT
    name, uniqCombined64MergeIf(12)(people, is_now), uniqCombined64MergeIf(12)(people, NOT is_now)
FROM ({SUMS} {WIDE} AND thing = {{thing:String}} AND agreed = 1 AND name IN {{names:Array(String)}})
GROUP BY name
"""

# For each side the values with most views one by one, all others together under the empty value.
TOP_OF_SIDES: Final = """
SELECT
    side, place <= {names_max:UInt32} ? value : '' AS shown, any(kind) AS kind, count(),
    sum(views), sum(visits), sum(seconds), any(people)
FROM (
    SELECT *, row_number() OVER (PARTITION BY side ORDER BY views DESC, value) AS place
    FROM counted
)
GROUP BY side, shown
"""

SIDES_OF_EVENTS: Final = f"""
WITH counted AS
(
    SELECT
        grouping(part, device, referrer_class, referrer, campaign) AS cut,
        ['campaign', 'referrer', '', 'referrer_class', '', '', '', 'device'][0] AS side
    FROM ({EVENTS})
)
{TOP_OF_SIDES}
"""
