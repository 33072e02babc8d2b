-- may lock: public.orders SHARE UPDATE EXCLUSIVE
-- no hazards

-- migration: statement
DROP INDEX CONCURRENTLY orders_customer;
