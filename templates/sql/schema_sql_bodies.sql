SELECT 'pg_proc'::regclass::oid, oid, '', 0, pg_get_function_sqlbody(oid) AS "no body"
FROM pg_proc
WHERE oid >= 16384 AND prosqlbody IS NOT NULL
