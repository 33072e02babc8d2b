-- lock: public.orders ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
ALTER TABLE orders ADD CONSTRAINT code_known CHECK (search_key(code) <> '') NOT VALID;
-- migration: file
ALTER TABLE orders VALIDATE CONSTRAINT code_known;
