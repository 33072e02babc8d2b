-- lock: public.customers ACCESS EXCLUSIVE
-- hazard: data-loss error accepted

SET lock_timeout = '2s';
-- vela:ignore data-loss copied to the new system
DROP TABLE customers;
