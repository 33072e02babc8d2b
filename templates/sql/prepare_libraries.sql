-- Which library each extension needs.
SELECT DISTINCT extname, probin
FROM pg_proc
JOIN pg_depend ON classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e'
JOIN pg_extension ON refclassid = 'pg_extension'::regclass AND pg_extension.oid = refobjid
WHERE probin IS NOT NULL
ORDER BY extname
