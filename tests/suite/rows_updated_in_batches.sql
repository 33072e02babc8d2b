-- no hazards

-- migration: statement
UPDATE orders SET note = 'thank you' WHERE id BETWEEN 1 AND 500;
UPDATE orders SET note = 'thank you' WHERE id BETWEEN 501 AND 1000;
UPDATE orders SET note = 'thank you' WHERE id BETWEEN 1001 AND 1500;
UPDATE orders SET note = 'thank you' WHERE id BETWEEN 1501 AND 2000;
UPDATE orders SET note = 'thank you' WHERE id BETWEEN 2001 AND 2500;
UPDATE orders SET note = 'thank you' WHERE id BETWEEN 2501 AND 3000;
UPDATE orders SET note = 'thank you' WHERE id BETWEEN 3001 AND 3500;
UPDATE orders SET note = 'thank you' WHERE id BETWEEN 3501 AND 4000;
