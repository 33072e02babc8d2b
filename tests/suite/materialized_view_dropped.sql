-- lock: public.top_customers ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
DROP MATERIALIZED VIEW top_customers;
