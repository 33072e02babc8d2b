-- no hazards

CREATE TABLE words AS SELECT id, code FROM orders;
-- migration: file
ALTER TABLE words ALTER COLUMN code TYPE char(20);
-- migration: file
ALTER TABLE words RENAME TO terms;
ALTER TABLE terms DROP COLUMN code;
-- migration: file
DROP TABLE terms;
