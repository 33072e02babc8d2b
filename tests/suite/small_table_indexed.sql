-- lock: public.settings SHARE
-- no hazards

SET lock_timeout = '2s';
CREATE INDEX ON settings (name);
CREATE UNIQUE INDEX ON settings (id, name);
