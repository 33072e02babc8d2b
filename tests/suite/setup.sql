-- The shop that the migrations here and the examples of docs/hazards.md are run on. What would take long in production
-- takes a second: search_key() sleeps on one row of a hundred.
CREATE FUNCTION search_key(word text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
	IF word LIKE '%00' THEN
		PERFORM pg_sleep(0.006);
	END IF;
	RETURN lower(word);
END $$;

CREATE TYPE status AS ENUM ('new', 'paid', 'sent');

CREATE TABLE customers (
	id bigint PRIMARY KEY,
	name text NOT NULL,
	email varchar(40),
	country text
);
INSERT INTO customers SELECT i, 'N' || lpad(i::text, 6, '0'), 'c' || i || '@example.com', 'se' FROM generate_series(1, 20000) i;
CREATE INDEX customers_email ON customers (email);

CREATE TABLE orders (
	id bigint PRIMARY KEY,
	customer_id bigint NOT NULL,
	status status NOT NULL DEFAULT 'new',
	total integer NOT NULL,
	code varchar(20),
	note text,
	unused text,
	ordered_at timestamp NOT NULL DEFAULT now()
);
INSERT INTO orders (id, customer_id, total, code, note)
	SELECT i, i, i % 500, 'C' || lpad(i::text, 6, '0'), CASE WHEN i % 2 = 0 THEN 'thanks' END FROM generate_series(1, 20000) i;
CREATE INDEX orders_customer ON orders (customer_id);

-- Its index is what makes every rewrite long.
CREATE TABLE events (
	id integer PRIMARY KEY,
	order_id bigint NOT NULL,
	kind status NOT NULL,
	amount integer NOT NULL,
	code varchar(20) NOT NULL
);
INSERT INTO events SELECT i, i, 'new', i, 'E' || lpad(i::text, 6, '0') FROM generate_series(1, 20000) i;
CREATE INDEX events_code ON events (search_key(code));

CREATE TABLE settings (id integer PRIMARY KEY, name varchar(20), value integer, kind status NOT NULL DEFAULT 'new');
INSERT INTO settings SELECT i, 'setting ' || i, i FROM generate_series(1, 10) i;

CREATE TABLE drafts (id bigint PRIMARY KEY, title text);

CREATE VIEW open_orders AS SELECT id, customer_id FROM orders WHERE status = 'new';
CREATE MATERIALIZED VIEW top_customers AS SELECT customer_id AS id, count(*) AS orders FROM orders WHERE id <= 100 GROUP BY 1;
CREATE UNIQUE INDEX top_customers_id ON top_customers (id);
CREATE MATERIALIZED VIEW search_words AS SELECT search_key(id::text) AS word FROM events WITH NO DATA;

CREATE TABLE visits (id bigint NOT NULL, code text NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM (1) TO (10001);
INSERT INTO visits SELECT i, 'V' || i FROM generate_series(1, 10000) i;
CREATE TABLE visits_2 (id bigint NOT NULL, code text NOT NULL);
INSERT INTO visits_2 SELECT i, 'V' || i FROM generate_series(10001, 20000) i;

CREATE TABLE invoices (id bigint PRIMARY KEY, code text NOT NULL);
CREATE FUNCTION check_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM public.search_key(NEW.code);
	RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER check_invoice AFTER INSERT ON invoices DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION check_invoice();

CREATE SCHEMA archive;
CREATE TABLE archive.old_orders AS SELECT id, total FROM orders WHERE id <= 100;
ANALYZE;
