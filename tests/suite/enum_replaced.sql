-- lock: public.events ACCESS EXCLUSIVE
-- rewrite: public.events
-- hazard: enum-rewrite error

SET lock_timeout = '2s';
CREATE TYPE kind AS ENUM ('new', 'old');
ALTER TABLE events ALTER COLUMN kind TYPE kind USING kind::text::kind;
