-- hazard: open-transaction error

-- migration: statement
BEGIN;
UPDATE settings SET value = 1;
