-- Functions in C and in untrusted languages act on the host as the server itself. None of them belongs to a plain
-- role (its owner may always call it), none that a user wrote lends a superuser's rights, and only superusers call
-- those. Triggers that call one already go on: they ask for no right.
WITH language (name) AS (
    VALUES ('c'), ('internal'), ('plperlu'), ('plproxy'), ('plpython2u'), ('plpython3u'), ('plpythonu'), ('plsh'),
           ('pltclu')
), untrusted AS (
    SELECT p.oid::regprocedure AS signature, prosecdef, rolsuper, proowner, proacl,
           EXISTS (SELECT FROM pg_depend
                   WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e') AS is_member
    FROM pg_proc p
    JOIN pg_language l ON l.oid = prolang
    JOIN pg_authid owner ON owner.oid = proowner
    WHERE p.oid >= 16384 AND prokind <> 'a'
      -- the constructors of a range type are internal, and belong to the type
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'i')
      AND (NOT lanpltrusted OR lanname IN (SELECT name FROM language))
)
SELECT format('ALTER ROUTINE %s SECURITY INVOKER', signature), NULL
FROM untrusted
WHERE prosecdef AND NOT (rolsuper AND is_member)
UNION ALL
SELECT DISTINCT format('REVOKE ALL ON ROUTINE %s FROM %s CASCADE', signature,
                       CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END), NULL
FROM untrusted, aclexplode(coalesce(proacl, acldefault('f', proowner)))
WHERE NOT is_member AND grantee <> proowner
UNION ALL
SELECT format('ALTER ROUTINE %s OWNER TO %I', signature, (SELECT rolname FROM pg_authid WHERE oid = 10)), NULL
FROM untrusted
WHERE NOT rolsuper
UNION ALL
SELECT format('UPDATE pg_language SET lanpltrusted = false WHERE oid = %s', oid), NULL
FROM pg_language
WHERE lanpltrusted AND lanname IN (SELECT name FROM language)
UNION ALL
SELECT NULL, format('database "%s": branches cannot call %s function%s in C or an untrusted language that no extension '
                    'brings', current_database(), count(*), CASE WHEN count(*) > 1 THEN 's' END)
FROM untrusted
WHERE NOT is_member
HAVING count(*) > 0
