-- In every database the role of a branch acts as the database's owner, so that what it makes belongs to the owner.
WITH owned AS (
    SELECT datname, rolname
    FROM pg_database
    JOIN pg_authid ON pg_authid.oid = datdba
    WHERE datallowconn AND datconnlimit <> -2 AND NOT datistemplate AND NOT rolsuper
), version AS (
    SELECT current_setting('server_version_num')::int >= 160000 AS inherits_by_grant
)
SELECT DISTINCT format('GRANT %I TO %I%s', rolname, {{role}}::name,
                       CASE WHEN inherits_by_grant THEN ' WITH INHERIT TRUE, SET TRUE' END)
FROM owned, version
WHERE rolname <> {{role}}
UNION ALL
SELECT DISTINCT format('ALTER ROLE %I INHERIT', rolname)
FROM owned
UNION ALL
SELECT format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO %I', datname, {{role}}::name)
FROM owned
UNION ALL
SELECT format('ALTER ROLE %I IN DATABASE %I SET role = %L', {{role}}::name, datname, rolname)
FROM owned
WHERE rolname <> {{role}}
