-- lock: public.orders ACCESS EXCLUSIVE
-- hazard: slow-commit error

SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN weight integer;
INSERT INTO invoices SELECT id, code FROM orders WHERE id % 100 = 0;
