-- lock: public.orders ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
ALTER TABLE orders RENAME CONSTRAINT orders_pkey TO orders_key;
