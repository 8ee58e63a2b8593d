-- Who said yes where, each once however often they said it: as many visits begun there before are no
-- other people's. `yeses` stays the number of acts, by which sums are seen to agree with their events.
ALTER TABLE popularity ADD COLUMN IF NOT EXISTS
    said_yes AggregateFunction(uniqCombined64(12), UInt64) AFTER people; -- category: user.device.cookie_id
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
    uniqCombined64StateIf(12)(visitor, visitor != 0 AND kind != 'time') AS people,
    uniqCombined64StateIf(12)(visitor, visitor != 0 AND kind = 'yes') AS said_yes
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

-- Sums made before learn it from their events. Whoever is added twice counts once, so that this may run
-- again; days whose sums have gone, and stretches that begin with one, are not begun anew.
INSERT INTO popularity (filter, value, thing, span, start, agreed, name, said_yes)
SELECT
    cut.1 AS filter,
    cut.2 AS value,
    cut.3 AS thing,
    span,
    toDate(intDiv(toUInt16(day), span) * span) AS start,
    1 AS agreed,
    cut.4 AS name,
    uniqCombined64State(12)(visitor) AS said_yes
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
    WHERE kind = 'yes' AND visitor != 0
)
WHERE (span, start) IN (
    SELECT span, start FROM popularity
    WHERE filter = '' AND value = '' AND thing = 'site' AND agreed = 1
)
GROUP BY filter, value, thing, span, start, agreed, name
SETTINGS insert_deduplicate = 0, max_bytes_before_external_group_by = 268435456;
