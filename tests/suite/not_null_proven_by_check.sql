-- lock: public.orders ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
ALTER TABLE orders ADD CONSTRAINT code_known CHECK (code IS NOT NULL) NOT VALID;
-- migration: file
ALTER TABLE orders VALIDATE CONSTRAINT code_known;
-- migration: file
SET lock_timeout = '2s';
ALTER TABLE orders ALTER COLUMN code SET NOT NULL;
ALTER TABLE orders DROP CONSTRAINT code_known;
