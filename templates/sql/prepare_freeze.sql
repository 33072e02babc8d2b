-- The largest first, so that what is left can be told.
SELECT format('%I.%I', nspname, relname), pg_table_size(c.oid)
FROM pg_class c
JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind IN ('r', 'm') AND relpersistence <> 't'
ORDER BY 2 DESC NULLS LAST, 1
