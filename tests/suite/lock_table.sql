-- lock: public.customers EXCLUSIVE
-- hazard: work-under-lock error

SET lock_timeout = '2s';
LOCK TABLE customers IN EXCLUSIVE MODE;
UPDATE customers SET name = search_key(name);
