-- Added to watch_state.sql: the foreign keys that are newer than $2.
UNION ALL
SELECT 'f', c.oid::pg_catalog.text, '', '', '', '', '', '', '', '', '', '', '', '', '', ''
FROM pg_catalog.pg_constraint c
WHERE c.oid OPERATOR(pg_catalog.>) (SELECT $2) AND c.contype OPERATOR(pg_catalog.=) 'f'
