-- lock: public.customers ACCESS EXCLUSIVE
-- hazard: data-loss error

SET lock_timeout = '2s';
DROP TABLE customers;
