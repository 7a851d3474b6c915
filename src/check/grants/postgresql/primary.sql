DO $nuages$
DECLARE
    owner text := current_setting('nuages.owner');
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = owner) THEN
        RAISE EXCEPTION 'there is no role "%", which owns the tables', owner
            USING HINT = 'run what is written for the primary first';
    END IF;
    -- Only a member says what everybody gets of the tables that it will make.
    IF NOT pg_has_role(current_user, owner, 'USAGE') THEN
        EXECUTE format('GRANT %I TO %I', owner, current_user);
    END IF;
END
$nuages$;
