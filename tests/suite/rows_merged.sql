-- no hazards

MERGE INTO settings s USING (SELECT id FROM orders WHERE id <= 100) o ON s.id = o.id
	WHEN MATCHED THEN UPDATE SET value = 0
	WHEN NOT MATCHED THEN INSERT (id, name, value) VALUES (o.id, 'new', 0);
