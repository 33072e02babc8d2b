-- lock: public.orders ACCESS EXCLUSIVE
-- hazard: data-loss error

SET lock_timeout = '2s';
ALTER TABLE orders DROP COLUMN note;
