-- lock: public.visits ACCESS EXCLUSIVE
-- lock: public.visits_1 ACCESS EXCLUSIVE
-- hazard: data-loss error

SET lock_timeout = '2s';
ALTER TABLE visits DROP COLUMN code;
