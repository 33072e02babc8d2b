-- A relative location is inside the data directory already.
SELECT oid, pg_tablespace_location(oid)
FROM pg_tablespace
WHERE pg_tablespace_location(oid) LIKE '/%'
