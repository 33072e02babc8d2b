-- Not those that a partition or child has from its parent. NOT NULL is told of the column, where all versions have it.
SELECT CASE conrelid WHEN 0 THEN 'pg_type'::regclass ELSE 'pg_class'::regclass END::oid,
       CASE conrelid WHEN 0 THEN contypid ELSE conrelid END, 'constraint ' || quote_ident(conname), c.oid,
       pg_get_constraintdef(c.oid) AS "no definition",
       CASE WHEN reloptions IS NOT NULL
            THEN 'with (' || array_to_string(ARRAY(SELECT unnest(reloptions) ORDER BY 1), ', ') || ')'
       END AS "no options",
       'tablespace ' || quote_ident(spcname) AS "default tablespace",
       CASE WHEN indisclustered THEN 'clustered' END AS "not clustered",
       CASE WHEN NOT indisvalid THEN 'invalid' END AS "valid"
FROM pg_constraint c
LEFT JOIN pg_class i ON i.oid = conindid AND contype IN ('p', 'u', 'x')
LEFT JOIN pg_index ON indexrelid = i.oid
LEFT JOIN pg_tablespace s ON s.oid = i.reltablespace
WHERE (conrelid >= 16384 OR contypid >= 16384) AND contype IN ('c', 'f', 'p', 'u', 'x') AND conparentid = 0
  AND (conislocal OR coninhcount = 0)
