-- outcome: failed
-- hazard: concurrently-in-transaction error

CREATE INDEX CONCURRENTLY orders_code ON orders (code);
