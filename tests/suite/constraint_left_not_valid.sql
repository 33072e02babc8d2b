-- lock: public.orders ACCESS EXCLUSIVE
-- hazard: unvalidated-constraint warning

SET lock_timeout = '2s';
ALTER TABLE orders ADD CONSTRAINT code_known CHECK (code <> '') NOT VALID;
