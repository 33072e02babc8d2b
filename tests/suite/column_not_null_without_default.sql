-- outcome: failed
-- hazard: not-null-on-data error

SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN weight integer NOT NULL;
