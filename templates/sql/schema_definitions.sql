SELECT 'pg_class'::regclass::oid, oid, '', 0, ltrim(pg_get_viewdef(oid)) AS "no definition"
FROM pg_class
WHERE oid >= 16384 AND relkind IN ('v', 'm') AND relpersistence <> 't'
