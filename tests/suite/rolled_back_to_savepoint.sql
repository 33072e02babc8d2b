-- lock: public.orders ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
SAVEPOINT before;
ALTER TABLE orders ADD COLUMN weight integer;
ROLLBACK TO before;
ALTER TABLE orders ADD COLUMN height integer;
