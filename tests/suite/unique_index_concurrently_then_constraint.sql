-- lock: public.orders ACCESS EXCLUSIVE
-- no hazards

-- migration: statement
CREATE UNIQUE INDEX CONCURRENTLY orders_code ON orders (code);
-- migration: file
SET lock_timeout = '2s';
ALTER TABLE orders ADD CONSTRAINT orders_code UNIQUE USING INDEX orders_code;
