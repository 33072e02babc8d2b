-- Without those of constraints, and those that a partition has from its parent.
SELECT 'pg_class'::regclass::oid, indrelid, 'index ' || quote_ident(i.relname), i.oid,
       CASE WHEN indisunique THEN 'unique ' ELSE '' END
           || substr(pg_get_indexdef(i.oid),
                     length(format('CREATE %sINDEX %I ON %s%I.%I USING ', CASE WHEN indisunique THEN 'UNIQUE ' END,
                                   i.relname, CASE i.relkind WHEN 'I' THEN 'ONLY ' END, nspname, t.relname)) + 1)
           AS "no definition",
       'tablespace ' || quote_ident(spcname) AS "default tablespace",
       CASE WHEN indisclustered THEN 'clustered' END AS "not clustered",
       CASE WHEN NOT indisvalid THEN 'invalid' END AS "valid"
FROM pg_index
JOIN pg_class i ON i.oid = indexrelid
JOIN pg_class t ON t.oid = indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
LEFT JOIN pg_tablespace s ON s.oid = i.reltablespace
LEFT JOIN pg_constraint c ON conindid = indexrelid AND contype IN ('p', 'u', 'x')
WHERE indrelid >= 16384 AND c.oid IS NULL AND NOT i.relispartition AND t.relkind IN ('r', 'p', 'm')
  AND t.relpersistence <> 't'
