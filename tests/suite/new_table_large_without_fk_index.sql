-- lock: public.settings SHARE ROW EXCLUSIVE
-- hazard: missing-fk-index warning

CREATE TABLE choices AS SELECT i AS id, 1 + i % 10 AS setting FROM generate_series(1, 10000) i;
-- migration: file
ALTER TABLE choices ADD FOREIGN KEY (setting) REFERENCES settings;
