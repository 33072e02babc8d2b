-- lock: public.settings ACCESS EXCLUSIVE
-- no hazards

ALTER TABLE settings ADD UNIQUE (name);
