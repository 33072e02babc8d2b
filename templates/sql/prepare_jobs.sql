-- Scheduled jobs. A table of somebody else's than a superuser's could run his code with our rights: it is left alone,
-- and so is one with a trigger or rule that fires even for us (session_replication_role is `replica`).
SELECT format('UPDATE %I.%I SET %I = false WHERE %3$I', nspname, relname, attname)
FROM (VALUES ('cron', 'job', 'active'),
             ('pgagent', 'pga_job', 'jobenabled'),
             ('_timescaledb_config', 'bgw_job', 'scheduled'),
             ('_timescaledb_catalog', 'bgw_job', 'scheduled')) AS scheduler (schema_name, table_name, switch)
JOIN pg_namespace ON nspname = schema_name
JOIN pg_class c ON relnamespace = pg_namespace.oid AND relname = table_name AND relkind = 'r'
JOIN pg_attribute ON attrelid = c.oid AND attname = switch AND atttypid = 'bool'::regtype
JOIN pg_authid owner ON owner.oid = relowner AND owner.rolsuper
WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgenabled IN ('A', 'R'))
  AND NOT EXISTS (SELECT FROM pg_rewrite WHERE ev_class = c.oid AND ev_enabled IN ('A', 'R'))
