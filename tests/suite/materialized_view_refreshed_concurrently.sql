-- lock: public.top_customers EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
REFRESH MATERIALIZED VIEW CONCURRENTLY top_customers;
