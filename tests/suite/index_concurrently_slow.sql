-- limits: statement=400ms
-- lock: public.orders SHARE UPDATE EXCLUSIVE
-- hazard: slow-statement warning

-- migration: statement
CREATE INDEX CONCURRENTLY orders_code ON orders (search_key(code));
