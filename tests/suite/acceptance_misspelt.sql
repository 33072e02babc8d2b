-- lock: public.customers ACCESS EXCLUSIVE
-- hazard: data-loss error
-- hazard: invalid-ignore warning

SET lock_timeout = '2s';
-- vela:ignore dataloss copied to the new system
DROP TABLE customers;
