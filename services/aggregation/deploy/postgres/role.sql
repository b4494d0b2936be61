-- Run once by the first start of the container: the service gets a role that owns its database and nothing else,
-- and the superuser can log in only within the container.
-- The image's entry point reads POSTGRES_PASSWORD_FILE into this variable, for as long as these steps take.
\getenv password POSTGRES_PASSWORD
CREATE ROLE aggregation LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE aggregation OWNER aggregation;
REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
ALTER ROLE CURRENT_USER PASSWORD NULL;
