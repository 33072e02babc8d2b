-- lock: public.orders SHARE
-- hazard: blocking-index-build error

SET lock_timeout = '2s';
CREATE INDEX orders_code ON orders (search_key(code));
