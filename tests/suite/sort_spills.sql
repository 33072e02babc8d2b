-- hazard: temp-spill warning

SELECT count(*) FROM (SELECT repeat(md5(i::text), 8) AS word FROM generate_series(1, 400000) i ORDER BY word OFFSET 1) s;
