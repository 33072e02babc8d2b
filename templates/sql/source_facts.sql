-- What this role may do, and what a base backup needs.
SELECT rolsuper, rolreplication, quote_ident(rolname), host(inet_client_addr()),
       current_setting('max_wal_senders')::int, current_setting('max_replication_slots')::int,
       (SELECT sum(pg_database_size(oid)) FROM pg_database
        WHERE has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE'))
FROM pg_roles
WHERE rolname = current_user
