-- limits: rewrite=256KiB
-- lock: public.orders ACCESS EXCLUSIVE
-- rewrite: public.orders
-- hazard: table-rewrite error

SET lock_timeout = '2s';
ALTER TABLE orders ALTER COLUMN total TYPE bigint;
