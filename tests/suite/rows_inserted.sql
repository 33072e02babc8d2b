-- no hazards

INSERT INTO orders (id, customer_id, total) SELECT 20000 + i, i, 0 FROM generate_series(1, 1000) i;
