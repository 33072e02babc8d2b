-- lock: public.orders ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
ALTER TABLE orders DROP COLUMN unused;
