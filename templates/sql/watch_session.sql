-- What only the transaction itself knows: the counters of the relations of $1, and, of the whole, whether there is a
-- limit for waiting for locks, and where the log ends once all the rest has been read. Columns as in watch_state.sql.
SELECT 's', x.oid::pg_catalog.text, pg_catalog.pg_stat_get_xact_numscans(x.oid)::pg_catalog.text,
       pg_catalog.pg_stat_get_xact_tuples_returned(x.oid)::pg_catalog.text,
       pg_catalog.pg_stat_get_xact_tuples_inserted(x.oid)::pg_catalog.text,
       pg_catalog.pg_stat_get_xact_tuples_updated(x.oid)::pg_catalog.text,
       pg_catalog.pg_stat_get_xact_tuples_deleted(x.oid)::pg_catalog.text
FROM pg_catalog.unnest((SELECT $1)::pg_catalog.oid[]) x (oid)
UNION ALL
SELECT 't', '0', pg_catalog.current_setting('lock_timeout'),
       pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0')::pg_catalog.text,
       {{flush}}::pg_catalog.text, '', ''
