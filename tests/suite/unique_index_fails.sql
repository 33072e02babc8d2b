-- outcome: failed
-- may lock: public.orders SHARE UPDATE EXCLUSIVE
-- hazard: invalid-index error

-- migration: statement
CREATE UNIQUE INDEX CONCURRENTLY orders_total ON orders (total);
