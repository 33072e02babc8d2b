-- lock: public.settings ACCESS EXCLUSIVE
-- rewrite: public.settings
-- no hazards

SET lock_timeout = '2s';
ALTER TABLE settings ALTER COLUMN value TYPE bigint;
