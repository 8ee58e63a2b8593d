-- Who says yes on a page is one of its people; the view told before they were recognised is the only one.
CREATE MATERIALIZED VIEW IF NOT EXISTS popularity_of_yes TO popularity AS
SELECT
    cut.1 AS filter,
    cut.2 AS value,
    cut.3 AS thing,
    span,
    toDate(intDiv(toUInt16(day), span) * span) AS start,
    visitor != 0 AS agreed,
    cut.4 AS name,
    toUInt64(0) AS views,
    toUInt64(0) AS starts,
    toUInt64(0) AS timed,
    toUInt64(0) AS seconds,
    uniqCombined64StateIf(12)(visitor, visitor != 0) AS people
FROM
(
    SELECT
        day, visitor,
        arrayJoin(arrayFilter(
            cut -> (cut.1 = '' OR cut.2 != '') AND (cut.3 != 'service' OR cut.4 != ''),
            arrayConcat(
                arrayMap(of -> (of.1, of.2, 'site', of.1 = 'referrer' ? referrer_class : ''), [
                    ('', ''), ('part', part), ('device', device),
                    ('referrer_class', referrer_class), ('referrer', referrer), ('campaign', campaign)
                ]),
                arrayMap(of -> (of.1, of.2, 'page', page), [
                    ('', ''), ('part', part), ('device', device),
                    ('referrer_class', referrer_class), ('campaign', campaign)
                ]),
                arrayMap(of -> (of.1, of.2, 'service', service), [
                    ('', ''), ('part', part), ('device', device),
                    ('referrer_class', referrer_class), ('campaign', campaign)
                ])
            )
        )) AS cut,
        arrayJoin([1, 8]) AS span
    FROM event
    WHERE kind = 'yes'
)
GROUP BY filter, value, thing, span, start, agreed, name;
