-- lock: public.settings ACCESS EXCLUSIVE
-- lock: public.customers SHARE ROW EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
ALTER TABLE settings ADD COLUMN customer_id bigint REFERENCES customers;
