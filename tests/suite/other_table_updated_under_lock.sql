-- lock: public.orders ACCESS EXCLUSIVE
-- hazard: work-under-lock error

SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN weight integer;
UPDATE customers SET name = search_key(name);
