-- lock: public.events ACCESS EXCLUSIVE
-- hazard: data-loss error

SET lock_timeout = '2s';
TRUNCATE events;
