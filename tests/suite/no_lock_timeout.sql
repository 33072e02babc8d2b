-- lock: public.orders ACCESS EXCLUSIVE
-- hazard: lock-queue warning

ALTER TABLE orders ADD COLUMN weight integer;
