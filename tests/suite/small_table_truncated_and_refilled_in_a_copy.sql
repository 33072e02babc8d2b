-- no hazards

SET lock_timeout = '2s';
CREATE TABLE settings_2 AS SELECT * FROM settings;
TRUNCATE settings_2;
INSERT INTO settings_2 SELECT * FROM settings;
