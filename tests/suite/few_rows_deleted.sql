-- no hazards

DELETE FROM orders WHERE id <= 500;
DELETE FROM settings;
