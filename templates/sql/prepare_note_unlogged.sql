-- Copied from a running or crashed server, unlogged tables are empty.
SELECT NULL, format('unlogged tables of database "%s" may be empty in a copy: %s (%s in all)', current_database(),
                    min(format('%I.%I', nspname, relname)), count(*))
FROM pg_class
JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relpersistence = 'u' AND relkind = 'r'
HAVING count(*) > 0
