SELECT 'pg_publication'::regclass::oid, prpubid, format('part of table %I.%I', nspname, relname), prrelid,
       (SELECT 'columns (' || string_agg(quote_ident(attname), ', ' ORDER BY attnum) || ')'
        FROM pg_attribute
        WHERE attrelid = prrelid AND attnum = ANY (prattrs)) AS "all columns",
       'where ' || pg_get_expr(prqual, prrelid) AS "all rows"
FROM pg_publication_rel
JOIN pg_class c ON c.oid = prrelid
JOIN pg_namespace n ON n.oid = relnamespace
WHERE prattrs IS NOT NULL OR prqual IS NOT NULL
UNION ALL
SELECT 'pg_publication'::regclass::oid, pnpubid, format('tables in schema %I', nspname), pnnspid, NULL, NULL
FROM pg_publication_namespace
JOIN pg_namespace n ON n.oid = pnnspid
