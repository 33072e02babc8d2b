-- Text sorted by another version of the C library or ICU: indexes on it may miss rows.
SELECT format('%s collations of database "%s" (%s, …) have another version on this host: indexes on text that were sorted '
              'by them may miss rows here', count(*), current_database(), min(collname))
FROM pg_collation
WHERE collversion IS NOT NULL AND collversion IS DISTINCT FROM pg_collation_actual_version(oid)
HAVING count(*) > 0
