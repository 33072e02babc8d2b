-- lock: public.events SHARE
-- hazard: blocking-index-build error

SET lock_timeout = '2s';
REINDEX TABLE events;
