-- A login trigger would run as the superuser before anything could stop it. Without this flag none is looked for.
UPDATE pg_database SET dathasloginevt = false WHERE dathasloginevt;
