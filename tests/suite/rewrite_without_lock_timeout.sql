-- lock: public.events ACCESS EXCLUSIVE
-- rewrite: public.events
-- hazard: table-rewrite error

ALTER TABLE events ALTER COLUMN amount TYPE bigint;
