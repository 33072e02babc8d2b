-- lock: public.customers ACCESS EXCLUSIVE
-- no hazards

-- migration: statement
SET lock_timeout = '2s';
BEGIN;
DROP TABLE customers;
ROLLBACK;
