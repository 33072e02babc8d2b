-- lock: public.drafts ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
DROP TABLE drafts;
