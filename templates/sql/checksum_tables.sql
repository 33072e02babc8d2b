-- Of those tables that are there, what reads their rows. COPY, for it has no plan: to plan a query means to evaluate what
-- the table's indexes and statistics are made of, and that may be anybody's function. Generated columns follow from the
-- others. A partitioned table has its rows in its partitions.
SELECT format('%I.%I', nspname, relname),
       coalesce((SELECT string_agg(quote_ident(attname) || ' ' || format_type(atttypid, atttypmod), ', '
                                   ORDER BY attname)
                 FROM pg_attribute
                 WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''), ''),
       format('COPY %I.%I%s TO STDOUT WITH (ENCODING %L)', nspname, relname,
              (SELECT ' (' || string_agg(quote_ident(attname), ', ' ORDER BY attname) || ')'
               FROM pg_attribute
               WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''),
              getdatabaseencoding())
FROM pg_class c
JOIN pg_namespace n ON n.oid = relnamespace
WHERE c.oid IN (SELECT to_regclass(name) FROM unnest(ARRAY[{{tables}}]::text[]) AS name)
  AND relkind = 'r'
