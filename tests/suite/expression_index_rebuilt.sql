-- lock: public.events ACCESS EXCLUSIVE
-- hazard: blocking-index-build error

SET lock_timeout = '2s';
ALTER TABLE events ALTER COLUMN code TYPE varchar(99);
