-- Also the databases that accept no connections: whoever owns one can open it. template0 alone stays as it is.
SELECT datname, datallowconn, datistemplate, datcollate, datctype
FROM pg_database
WHERE datconnlimit <> -2 AND (datallowconn OR datname <> 'template0')
ORDER BY datname
