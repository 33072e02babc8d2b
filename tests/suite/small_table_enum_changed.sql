-- lock: public.settings ACCESS EXCLUSIVE
-- rewrite: public.settings
-- no hazards

SET lock_timeout = '2s';
CREATE TYPE mood AS ENUM ('new', 'old');
ALTER TABLE settings ALTER COLUMN kind DROP DEFAULT, ALTER COLUMN kind TYPE mood USING kind::text::mood;
