-- The audit log as a whole is read in the order of its ids. Rows of one change to several targets share an id.
CREATE INDEX audit_log_by_id ON audit_log (id, target);

UPDATE meta SET value = '4' WHERE key = 'schema';
