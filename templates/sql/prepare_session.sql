-- Before anything else in a connection: no name means a user's object, no trigger and no rule of a user fires.
SET search_path = pg_catalog;
SET session_replication_role = replica;
SET standard_conforming_strings = on;
SET default_transaction_isolation = 'read committed';
SET statement_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET lock_timeout = '1min';
SET vacuum_cost_delay = 0;
SET default_tablespace = '';
SET client_min_messages = warning;
-- Those that not every version has.
SELECT set_config(name, value, false)
FROM (VALUES ('idle_session_timeout', '0'),
             ('transaction_timeout', '0'),
             ('event_triggers', 'off')) AS wanted (name, value)
JOIN pg_settings USING (name);
