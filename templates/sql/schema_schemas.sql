SELECT 'pg_namespace'::regclass::oid, n.oid, format('schema %I', nspname), nspname, NULL,
       CASE WHEN nspowner <> datdba AND pg_get_userbyid(nspowner) <> 'pg_database_owner'
            THEN 'owned by ' || quote_ident(pg_get_userbyid(nspowner)) END AS "owned by the database's owner"
FROM pg_namespace n
JOIN pg_database ON datname = current_database()
WHERE (n.oid >= 16384 OR nspname = 'public') AND nspname NOT LIKE 'pg\_%'
  AND NOT EXISTS (SELECT FROM pg_depend
                  WHERE classid = 'pg_namespace'::regclass AND objid = n.oid AND deptype = 'e')
