-- Nobody of production can log in here, nor become more than he is. Ids below 16384 are PostgreSQL's own roles.
SELECT format('ALTER ROLE %I PASSWORD NULL%s%s', rolname, CASE WHEN oid <> 10 THEN ' NOLOGIN' END,
              CASE WHEN NOT rolsuper THEN ' NOCREATEROLE NOREPLICATION NOBYPASSRLS' END)
FROM pg_authid
WHERE (oid = 10 AND rolpassword IS NOT NULL)
   OR (oid >= 16384 AND (rolcanlogin OR rolpassword IS NOT NULL OR rolcreaterole OR rolreplication OR rolbypassrls))
