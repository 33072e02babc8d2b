-- The relations there are, for the watch over a run of migrations: users' own, and what belongs to these.
SELECT c.oid, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), c.relkind,
       coalesce(i.indrelid, t.oid, 0), coalesce(p.inhparent, 0), c.relfilenode, c.relpages, c.reltuples,
       coalesce(i.indisvalid, true), c.relnatts
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
LEFT JOIN pg_catalog.pg_class t ON t.reltoastrelid = c.oid AND c.relkind = 't'
LEFT JOIN pg_catalog.pg_inherits p ON p.inhrelid = c.oid AND p.inhseqno = 1 AND c.relkind NOT IN ('i', 'I')
WHERE c.oid >= 16384 AND n.nspname <> 'pg_catalog' AND c.relpersistence <> 't'
  AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'i', 'I', 't')
ORDER BY c.oid
