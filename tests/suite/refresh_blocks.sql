-- lock: public.search_words ACCESS EXCLUSIVE
-- hazard: blocking-lock error

SET lock_timeout = '2s';
REFRESH MATERIALIZED VIEW search_words;
