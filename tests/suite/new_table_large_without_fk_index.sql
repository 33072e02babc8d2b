-- lock: public.settings SHARE ROW EXCLUSIVE
-- hazard: missing-fk-index warning

CREATE TABLE choices (id bigint PRIMARY KEY, setting integer REFERENCES settings);
INSERT INTO choices SELECT i, 1 + i % 10 FROM generate_series(1, 10000) i;
