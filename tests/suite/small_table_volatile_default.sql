-- lock: public.settings ACCESS EXCLUSIVE
-- rewrite: public.settings
-- no hazards

SET lock_timeout = '2s';
ALTER TABLE settings ADD COLUMN token uuid DEFAULT gen_random_uuid();
