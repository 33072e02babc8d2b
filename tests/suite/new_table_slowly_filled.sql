-- no hazards

CREATE TABLE words AS SELECT id, search_key(code) AS word FROM orders;
CREATE INDEX ON words (search_key(word));
ALTER TABLE words ADD PRIMARY KEY (id);
