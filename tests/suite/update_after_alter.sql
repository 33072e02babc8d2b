-- lock: public.orders ACCESS EXCLUSIVE
-- hazard: work-under-lock error

SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN word text;
UPDATE orders SET word = search_key(code);
