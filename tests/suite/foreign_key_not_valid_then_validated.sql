-- lock: public.orders SHARE ROW EXCLUSIVE
-- lock: public.customers SHARE ROW EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
ALTER TABLE orders ADD CONSTRAINT orders_customer_fk FOREIGN KEY (customer_id) REFERENCES customers NOT VALID;
-- migration: file
ALTER TABLE orders VALIDATE CONSTRAINT orders_customer_fk;
