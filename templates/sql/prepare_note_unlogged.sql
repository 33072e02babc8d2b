-- Copied from a running or crashed server, unlogged tables are empty.
SELECT format('database "%s" has %s unlogged tables (%s, …): they may be empty in a copy', current_database(), count(*),
              min(format('%I.%I', nspname, relname)))
FROM pg_class
JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relpersistence = 'u' AND relkind = 'r'
HAVING count(*) > 0
