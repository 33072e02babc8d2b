-- lock: public.orders ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
UPDATE customers SET name = search_key(name);
ALTER TABLE orders ADD COLUMN weight integer;
