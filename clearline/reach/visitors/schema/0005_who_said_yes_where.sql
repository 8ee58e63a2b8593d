-- How many said yes where: of the visits begun there before, as many are no other people's. One view
-- sums all kinds of events. Older sums have no yes, so that their days are counted as they were.
ALTER TABLE popularity ADD COLUMN IF NOT EXISTS
    yeses SimpleAggregateFunction(sum, UInt64) AFTER seconds; -- category: user.behavior.browsing_history
DROP VIEW IF EXISTS popularity_of_yes;
DROP VIEW IF EXISTS popularity_of_event;

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
    sum(kind = 'yes') AS yeses,
    uniqCombined64StateIf(12)(visitor, visitor != 0 AND kind != 'time') AS people
FROM
(
    SELECT
        day, kind, visitor, starts, seconds,
        arrayJoin(arrayFilter(
            cut -> (cut.1 = '' OR cut.2 != '') AND (cut.3 != 'service' OR cut.4 != '') AND (cut.5 = 1 OR kind IN ('time', 'yes')),
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
    WHERE kind IN ('view', 'service', 'time', 'yes')
)
GROUP BY filter, value, thing, span, start, agreed, name;
