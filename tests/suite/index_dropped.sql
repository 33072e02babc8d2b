-- lock: public.orders ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
DROP INDEX orders_customer;
