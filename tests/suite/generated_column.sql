-- lock: public.events ACCESS EXCLUSIVE
-- rewrite: public.events
-- hazard: table-rewrite error

SET lock_timeout = '2s';
ALTER TABLE events ADD COLUMN twice integer GENERATED ALWAYS AS (amount * 2) STORED;
