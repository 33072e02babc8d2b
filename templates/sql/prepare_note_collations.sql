-- Text sorted by another version of the C library or ICU: indexes on it may miss rows.
SELECT NULL, format('collations of database "%s" have another version on this host, so indexes sorted by them may '
                    'miss rows: %s (%s in all)', current_database(), min(collname), count(*))
FROM pg_collation
WHERE collversion IS NOT NULL AND collversion IS DISTINCT FROM pg_collation_actual_version(oid)
HAVING count(*) > 0
