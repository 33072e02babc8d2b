-- lock: archive.old_orders ACCESS EXCLUSIVE
-- hazard: data-loss error

SET lock_timeout = '2s';
DROP SCHEMA archive CASCADE;
