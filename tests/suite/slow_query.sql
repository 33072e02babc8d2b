-- no hazards

SELECT count(search_key(code)) FROM orders;
