-- Then away with those that held them in the clear. Password hashes are sealed in their old column.

ALTER TABLE named_tokens DROP COLUMN secret;
ALTER TABLE subjects DROP COLUMN tmp_secret;

UPDATE meta SET value = '3' WHERE key = 'schema';
