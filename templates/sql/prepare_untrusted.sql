-- Functions in C and in untrusted languages act on the host as the server itself. None of them belongs to a plain
-- role (its owner may always call it), and none that a user wrote lends a superuser's rights.
WITH untrusted AS (
    SELECT p.oid::regprocedure AS signature, prosecdef, rolsuper,
           EXISTS (SELECT FROM pg_depend
                   WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e') AS is_member
    FROM pg_proc p
    JOIN pg_language l ON l.oid = prolang
    JOIN pg_authid owner ON owner.oid = proowner
    WHERE p.oid >= 16384 AND prokind <> 'a'
      -- the constructors of a range type are internal, and belong to the type
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'i')
      AND (NOT lanpltrusted OR lanname IN ('plperlu', 'plpythonu', 'plpython2u', 'plpython3u', 'pltclu', 'plsh'))
)
SELECT format('ALTER ROUTINE %s SECURITY INVOKER', signature)
FROM untrusted
WHERE prosecdef AND NOT (rolsuper AND is_member)
UNION ALL
SELECT format('ALTER ROUTINE %s OWNER TO %I', signature, (SELECT rolname FROM pg_authid WHERE oid = 10))
FROM untrusted
WHERE NOT rolsuper
UNION ALL
SELECT format('UPDATE pg_language SET lanpltrusted = false WHERE oid = %s', oid)
FROM pg_language
WHERE lanpltrusted
  AND lanname IN ('c', 'internal', 'plperlu', 'plpythonu', 'plpython2u', 'plpython3u', 'pltclu', 'plsh')
