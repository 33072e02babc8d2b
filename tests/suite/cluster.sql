-- lock: public.events ACCESS EXCLUSIVE
-- rewrite: public.events
-- hazard: table-rewrite error

SET lock_timeout = '2s';
CLUSTER events USING events_pkey;
