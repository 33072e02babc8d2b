-- limits: statement=400ms
-- hazard: slow-statement error

UPDATE customers SET name = search_key(name);
