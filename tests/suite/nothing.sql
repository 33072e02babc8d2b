-- no hazards

-- only words
;
