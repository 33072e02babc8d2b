-- lock: public.orders SHARE ROW EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
CREATE TABLE refunds (id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders);
CREATE INDEX ON refunds (order_id);
