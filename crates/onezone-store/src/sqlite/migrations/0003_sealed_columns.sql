-- Secrets are sealed from here on. First the columns for them, which the program fills.

ALTER TABLE named_tokens ADD COLUMN sealed_secret BLOB NOT NULL DEFAULT x'';
ALTER TABLE subjects ADD COLUMN tmp_sealed_secret BLOB;
