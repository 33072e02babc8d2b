-- lock: public.events SHARE ROW EXCLUSIVE
-- lock: public.orders SHARE ROW EXCLUSIVE
-- hazard: missing-fk-index warning

SET lock_timeout = '2s';
ALTER TABLE events ADD CONSTRAINT events_order FOREIGN KEY (order_id) REFERENCES orders NOT VALID;
-- migration: file
ALTER TABLE events VALIDATE CONSTRAINT events_order;
