-- lock: public.customers ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
SAVEPOINT before;
DROP TABLE customers;
ROLLBACK TO before;
