-- lock: public.open_orders ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
CREATE OR REPLACE VIEW open_orders AS SELECT id, customer_id, code FROM orders WHERE status = 'new';
