-- lock: public.events ACCESS EXCLUSIVE
-- rewrite: public.events
-- hazard: table-rewrite error

SET lock_timeout = '2s';
ALTER TABLE events ALTER COLUMN amount TYPE bigint;
