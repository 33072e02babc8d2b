-- lock: public.drafts ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
ALTER TABLE drafts ADD COLUMN author text NOT NULL;
