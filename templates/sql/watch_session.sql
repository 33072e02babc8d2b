-- Added to watch_state.sql: what only the transaction itself knows. $2: the relations whose counters are wanted; $3: the
-- newest foreign key that is known. The last row has where the log ends once all the rest has been read.
UNION ALL
SELECT 's', x.oid::pg_catalog.text, pg_catalog.pg_stat_get_xact_numscans(x.oid)::pg_catalog.text,
       pg_catalog.pg_stat_get_xact_tuples_returned(x.oid)::pg_catalog.text,
       pg_catalog.pg_stat_get_xact_tuples_inserted(x.oid)::pg_catalog.text,
       pg_catalog.pg_stat_get_xact_tuples_updated(x.oid)::pg_catalog.text,
       pg_catalog.pg_stat_get_xact_tuples_deleted(x.oid)::pg_catalog.text, '', '', '', '', '', '', '', '', ''
FROM pg_catalog.unnest((SELECT $2)::pg_catalog.oid[]) x (oid)
UNION ALL
SELECT 'f', c.oid::pg_catalog.text, '', '', '', '', '', '', '', '', '', '', '', '', '', ''
FROM pg_catalog.pg_constraint c
WHERE c.oid OPERATOR(pg_catalog.>) (SELECT $3) AND c.contype OPERATOR(pg_catalog.=) 'f'
UNION ALL
SELECT 't', '0', pg_catalog.current_setting('lock_timeout'),
       pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0')::pg_catalog.text,
       {{flush}}::pg_catalog.text, '', '', '', '', '', '', '', '', '', '', ''
