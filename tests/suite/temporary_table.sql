-- no hazards

CREATE TEMPORARY TABLE work AS SELECT id FROM orders;
ALTER TABLE work ALTER COLUMN id TYPE numeric;
DROP TABLE work;
