-- What differs from the privileges that an object of its kind begins with. A sequence of a column belongs to its table,
-- and all of what can be granted is one line.
WITH object (class, id, suffix, acl, kind, owner) AS (
    SELECT 'pg_class'::regclass, coalesce(refobjid, c.oid),
           CASE WHEN refobjid IS NOT NULL THEN format(' ON SEQUENCE %I', relname) END, relacl,
           (CASE relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char", relowner
    FROM pg_class c
    LEFT JOIN pg_depend ON relkind = 'S' AND classid = 'pg_class'::regclass AND objid = c.oid
                       AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')
    WHERE relacl IS NOT NULL AND c.oid >= 16384
    UNION ALL
    SELECT 'pg_class'::regclass, attrelid, format(' (%I)', attname), attacl, 'c', relowner
    FROM pg_attribute
    JOIN pg_class c ON c.oid = attrelid
    WHERE attacl IS NOT NULL AND NOT attisdropped AND attrelid >= 16384
    UNION ALL
    SELECT 'pg_namespace'::regclass, oid, NULL, nspacl, 'n', nspowner
    FROM pg_namespace
    WHERE nspacl IS NOT NULL
    UNION ALL
    SELECT 'pg_proc'::regclass, oid, NULL, proacl, 'f', proowner
    FROM pg_proc
    WHERE proacl IS NOT NULL AND oid >= 16384
    UNION ALL
    SELECT 'pg_type'::regclass, oid, NULL, typacl, 'T', typowner
    FROM pg_type
    WHERE typacl IS NOT NULL AND oid >= 16384
    UNION ALL
    SELECT 'pg_language'::regclass, oid, NULL, lanacl, 'l', lanowner
    FROM pg_language
    WHERE lanacl IS NOT NULL AND oid >= 16384
    UNION ALL
    SELECT 'pg_foreign_data_wrapper'::regclass, oid, NULL, fdwacl, 'F', fdwowner
    FROM pg_foreign_data_wrapper
    WHERE fdwacl IS NOT NULL
    UNION ALL
    SELECT 'pg_foreign_server'::regclass, oid, NULL, srvacl, 'S', srvowner
    FROM pg_foreign_server
    WHERE srvacl IS NOT NULL
    UNION ALL
    SELECT 'pg_default_acl'::regclass, oid, NULL, defaclacl,
           CASE WHEN defaclnamespace <> 0 THEN 'c' WHEN defaclobjtype = 'S' THEN 's' ELSE defaclobjtype END, defaclrole
    FROM pg_default_acl
), entry AS (
    SELECT class, id, suffix, kind, owner, grantee, privilege_type, bool_or(granted) AS granted,
           bool_or(initial) AS initial, bool_or(is_grantable) AS is_grantable
    FROM (SELECT object.*, grantee, privilege_type, is_grantable AND grantee <> owner AS is_grantable, true AS granted,
                 false AS initial
          FROM object, aclexplode(acl)
          UNION ALL
          SELECT object.*, grantee, privilege_type, false, false, true
          FROM object, aclexplode(acldefault(kind, owner))) AS both_sides
    GROUP BY class, id, suffix, kind, owner, grantee, privilege_type
), difference AS (
    SELECT class, id, suffix, kind, owner, grantee, granted, is_grantable, array_agg(privilege_type) AS privileges
    FROM entry
    WHERE granted <> initial OR is_grantable
    GROUP BY class, id, suffix, kind, owner, grantee, granted, is_grantable
)
SELECT class::oid, id,
       format('%s %s%s %s %s', CASE WHEN granted THEN 'GRANT' ELSE 'REVOKE' END, privilege, suffix,
              CASE WHEN granted THEN 'TO' ELSE 'FROM' END,
              CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END), 0,
       CASE WHEN is_grantable THEN 'with grant option' END AS "without grant option"
FROM difference,
     unnest(CASE WHEN cardinality(privileges) > 1
                      AND cardinality(privileges) = (SELECT count(DISTINCT privilege_type)
                                                     FROM aclexplode(acldefault(kind, owner))
                                                     WHERE aclexplode.grantee = owner)
                 THEN ARRAY['ALL'] ELSE privileges END) AS privilege
