-- lock: public.orders ACCESS EXCLUSIVE
-- hazard: rename warning

SET lock_timeout = '2s';
ALTER TABLE orders SET SCHEMA archive;
