-- A database that a superuser owns goes to a plain role, so that a branch can do in it what its owner can.
SELECT format('ALTER DATABASE %I OWNER TO %I', datname, {{heir}}::name)
FROM pg_database
JOIN pg_authid ON pg_authid.oid = datdba
WHERE datallowconn AND datconnlimit <> -2 AND NOT datistemplate AND rolsuper
UNION ALL
SELECT format('ALTER DATABASE %I CONNECTION LIMIT -1', datname)
FROM pg_database
WHERE datallowconn AND datconnlimit >= 0
