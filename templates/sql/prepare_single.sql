-- Run in single-user mode, before anybody can connect: no user's code runs there and no stored setting applies.

-- We are going to connect as this role, whatever production had made of it.
UPDATE pg_authid SET rolsuper = true, rolcanlogin = true WHERE oid = 10 AND NOT (rolsuper AND rolcanlogin);

DELETE FROM pg_db_role_setting WHERE setrole = 10;

-- Stored settings override the command line of the server. Those that shape queries (search_path, work_mem, …) stay.
-- These go: what loads code, what changes who somebody is and what fires, what keeps the copy from being written, what
-- harms data, what delays or fills the log, and what could forge the identity of a branch.
UPDATE pg_db_role_setting SET setconfig = ARRAY(
    SELECT entry FROM unnest(setconfig) WITH ORDINALITY AS stored (entry, position)
    WHERE lower(split_part(entry, '=', 1)) !~ '(?x)^(
        (session|local|shared)_preload_libraries | dynamic_library_path | extension_control_path | jit_provider |
        role | session_authorization | session_replication_role | event_triggers | lo_compat_privileges |
        default_transaction_read_only | transaction_read_only |
        allow_system_table_mods | allow_in_place_tablespaces | ignore_system_indexes | ignore_checksum_failure |
        zero_damaged_pages | wal_consistency_checking |
        (pre|post)_auth_delay | log_[a-z_]* | debug_[a-z_]* | trace_[a-z_]* |
        vela\..*
    )$')
WHERE setconfig IS NOT NULL;

DELETE FROM pg_db_role_setting WHERE setconfig = '{}';

SELECT encode(textsend(rolname::text), 'hex') AS superuser FROM pg_authid WHERE oid = 10;
