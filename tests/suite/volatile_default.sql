-- lock: public.events ACCESS EXCLUSIVE
-- rewrite: public.events
-- hazard: table-rewrite error

SET lock_timeout = '2s';
ALTER TABLE events ADD COLUMN token uuid DEFAULT gen_random_uuid();
