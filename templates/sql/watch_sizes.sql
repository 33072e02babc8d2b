-- Added to watch_state.sql: how large the relations of $1 are with indexes and toast. From the files, for the functions
-- that tell a relation's size wait for its lock. Of a file in several pieces the first has to do, if no statistics know
-- better.
UNION ALL
SELECT 'z', c.oid::text,
       sum(greatest(p.relpages * pg_catalog.current_setting('block_size')::bigint,
                    (pg_catalog.pg_stat_file(pg_catalog.pg_relation_filepath(p.oid), true)).size))::text,
       '', '', '', '', '', '', '', '', '', '', '', '', ''
FROM pg_catalog.pg_class c
CROSS JOIN LATERAL (
	SELECT c.oid UNION ALL SELECT c.reltoastrelid UNION ALL
	SELECT i.indexrelid FROM pg_catalog.pg_index i WHERE i.indrelid IN (c.oid, c.reltoastrelid)
) part
JOIN pg_catalog.pg_class p ON p.oid = part.oid
WHERE c.oid = ANY ((SELECT $1)::pg_catalog.oid[])
GROUP BY c.oid
