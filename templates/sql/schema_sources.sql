-- Functions of extensions are left out for their number.
SELECT 'pg_proc'::regclass::oid, p.oid, '', 0, prosrc AS "no source"
FROM pg_proc p
WHERE p.oid >= 16384 AND prokind <> 'a' AND prosrc <> ''
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
