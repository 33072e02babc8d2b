-- Tables that are not synchronised yet have slots at the publisher, and DROP would go there to drop them: the copy
-- forgets those tables first. Nothing of this dials the publisher.
SELECT format(step, subname, s.oid)
FROM pg_subscription s,
     (VALUES (1, 'ALTER SUBSCRIPTION %1$I DISABLE'),
             (2, 'DELETE FROM pg_subscription_rel WHERE srsubid = %2$s'),
             (3, 'ALTER SUBSCRIPTION %1$I SET (slot_name = NONE)'),
             (4, 'DROP SUBSCRIPTION %1$I')) AS steps (number, step)
WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY s.oid, number
