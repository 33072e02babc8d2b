-- lock: public.orders ACCESS EXCLUSIVE
-- lock: public.events ACCESS EXCLUSIVE
-- hazard: lock-queue warning

ALTER TABLE orders ADD COLUMN weight integer;
ALTER TABLE orders ADD COLUMN height integer;
-- migration: file
ALTER TABLE events ADD COLUMN weight integer;
