-- The role that branches log in as, and the plain role that inherits from superusers. Either may exist in production.
WITH wanted (name) AS (VALUES ({{role}}::name), ({{heir}}::name))
SELECT format('%s ROLE %I NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT NOLOGIN PASSWORD NULL '
              'CONNECTION LIMIT -1 VALID UNTIL ''infinity''',
              CASE WHEN EXISTS (SELECT FROM pg_authid WHERE rolname = name) THEN 'ALTER' ELSE 'CREATE' END, name)
FROM wanted
UNION ALL
SELECT format('ALTER ROLE %I%s RESET ALL', name,
              CASE WHEN datname IS NOT NULL THEN format(' IN DATABASE %I', datname) END)
FROM wanted
JOIN pg_authid ON rolname = name
JOIN pg_db_role_setting ON setrole = pg_authid.oid
LEFT JOIN pg_database ON pg_database.oid = setdatabase
