-- lock: public.drafts ACCESS EXCLUSIVE
-- no hazards

SET lock_timeout = '2s';
ALTER TABLE drafts RENAME TO sketches;
ALTER TABLE sketches RENAME COLUMN title TO heading;
