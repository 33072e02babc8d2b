-- lock: public.orders SHARE UPDATE EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
COMMENT ON TABLE orders IS 'what was bought';
COMMENT ON COLUMN orders.note IS 'of the customer';
