-- lock: public.events ACCESS EXCLUSIVE
-- rewrite: public.events
-- hazard: table-rewrite error
-- hazard: data-loss error

SET lock_timeout = '2s';
ALTER TABLE events DROP COLUMN kind, ALTER COLUMN amount TYPE bigint;
