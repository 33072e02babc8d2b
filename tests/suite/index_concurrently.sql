-- lock: public.orders SHARE UPDATE EXCLUSIVE
-- no hazards

-- migration: statement
CREATE INDEX CONCURRENTLY orders_code ON orders (search_key(code));
