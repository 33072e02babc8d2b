-- Identity columns tell of their sequences themselves.
SELECT 'pg_class'::regclass::oid, coalesce(refobjid, seqrelid),
       CASE WHEN refobjid IS NULL THEN '' ELSE format('sequence %I.%I', nspname, relname) END, c.oid,
       'as ' || format_type(seqtypid, NULL) AS "no type",
       'increment ' || nullif(seqincrement, 1) AS "increment 1",
       'minvalue ' || nullif(seqmin, 1) AS "minvalue 1",
       'maxvalue ' || nullif(seqmax, CASE seqtypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647
                                                   ELSE 9223372036854775807 END) AS "default maxvalue",
       'start ' || nullif(seqstart, 1) AS "start 1",
       'cache ' || nullif(seqcache, 1) AS "cache 1",
       CASE WHEN seqcycle THEN 'cycle' END AS "no cycle",
       CASE WHEN refobjid IS NOT NULL AND relpersistence = 'u' THEN 'unlogged' END AS "logged",
       'owned by column ' || quote_ident(attname) AS "owned by no column"
FROM pg_sequence
JOIN pg_class c ON c.oid = seqrelid
JOIN pg_namespace n ON n.oid = relnamespace
LEFT JOIN pg_depend d ON classid = 'pg_class'::regclass AND objid = seqrelid AND refclassid = 'pg_class'::regclass
                     AND deptype IN ('a', 'i')
LEFT JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
WHERE seqrelid >= 16384 AND deptype IS DISTINCT FROM 'i'
