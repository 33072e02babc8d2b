SELECT 'pg_database'::regclass::oid, setdatabase, 'setting ' || split_part(entry, '=', 1), 0,
       quote_literal(substr(entry, strpos(entry, '=') + 1)) AS "no value"
FROM pg_db_role_setting, unnest(setconfig) AS entry
WHERE setrole = 0 AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
