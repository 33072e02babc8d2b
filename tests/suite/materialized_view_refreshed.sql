-- rewrite: public.top_customers
-- lock: public.top_customers ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
REFRESH MATERIALIZED VIEW top_customers;
