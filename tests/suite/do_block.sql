-- lock: public.settings ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
DO $$ BEGIN ALTER TABLE settings ADD COLUMN extra text; UPDATE settings SET extra = name; END $$;
