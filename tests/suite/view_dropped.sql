-- lock: public.open_orders ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
DROP VIEW open_orders;
