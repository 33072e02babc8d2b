-- Whoever else owns something in this database lets the database's owner, and the role of a branch, act on it.
WITH owner AS (
    SELECT rolname
    FROM pg_database
    JOIN pg_authid ON pg_authid.oid = datdba
    WHERE datname = current_database() AND NOT rolsuper
), others AS (
    SELECT DISTINCT rolname
    FROM pg_shdepend
    JOIN pg_authid ON pg_authid.oid = refobjid
    WHERE refclassid = 'pg_authid'::regclass AND deptype = 'o' AND pg_authid.oid >= 16384 AND NOT rolsuper
      AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
), pairs AS (
    SELECT others.rolname AS granted, owner.rolname AS member FROM others, owner
    UNION
    SELECT rolname, {{role}} FROM others
)
SELECT format('GRANT %I TO %I%s', granted, member,
              CASE WHEN current_setting('server_version_num')::int >= 160000 THEN ' WITH INHERIT TRUE, SET TRUE' END)
FROM pairs
WHERE granted <> member AND granted <> {{role}}
