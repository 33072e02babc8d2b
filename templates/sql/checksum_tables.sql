-- Of those tables that are there, what reads their rows: each as text, which is the work of the types' own functions.
-- Virtual columns follow from the others. A foreign table leads elsewhere, as a partition too.
SELECT format('%I.%I', nspname, relname),
       coalesce((SELECT string_agg(quote_ident(attname) || ' ' || format_type(atttypid, atttypmod), ', '
                                   ORDER BY attname)
                 FROM pg_attribute
                 WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated <> 'v'), ''),
       format('SELECT count(*), coalesce(sum(hashtextextended(ROW(%s)::text COLLATE "C", 0)), 0) FROM %s%I.%I',
              (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attname)
               FROM pg_attribute
               WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated <> 'v'),
              CASE WHEN relkind <> 'p' THEN 'ONLY ' END, nspname, relname)
FROM pg_class c
JOIN pg_namespace n ON n.oid = relnamespace
WHERE c.oid IN (SELECT to_regclass(name) FROM unnest(ARRAY[{{tables}}]::text[]) AS name)
  AND relkind IN ('r', 'p', 'm') AND relispopulated
  AND NOT EXISTS (SELECT FROM pg_partition_tree(c.oid) JOIN pg_class part ON part.oid = relid WHERE part.relkind = 'f')
