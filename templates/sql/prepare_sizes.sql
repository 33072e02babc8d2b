SELECT datname, pg_database_size(oid)
FROM pg_database
WHERE datallowconn AND NOT datistemplate AND datconnlimit <> -2
ORDER BY datname
