-- lock: public.orders SHARE ROW EXCLUSIVE
-- hazard: work-under-lock error

SET lock_timeout = '2s';
CREATE TABLE refunds (order_id bigint PRIMARY KEY REFERENCES orders, word text);
INSERT INTO refunds SELECT id, search_key(code) FROM orders;
