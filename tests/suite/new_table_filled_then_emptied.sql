-- no hazards

CREATE TABLE words AS SELECT id, code FROM orders;
DELETE FROM words;
INSERT INTO words SELECT id, code FROM orders;
TRUNCATE words;
DROP TABLE words;
