-- no hazards

SET lock_timeout = '2s';
ALTER TYPE status ADD VALUE 'returned';
