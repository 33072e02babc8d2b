-- lock: public.settings ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
ALTER TABLE settings ADD CHECK (search_key(name) <> '');
