-- limits: wal=1MiB
-- hazard: wal-heavy error

UPDATE orders SET note = 'thank you';
