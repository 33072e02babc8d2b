-- Prepared transactions hold their locks for ever, and only their own database can end them.
SELECT format('ROLLBACK PREPARED %L', gid) FROM pg_prepared_xacts WHERE database = current_database()
