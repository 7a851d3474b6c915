DO $nuages$
DECLARE
    login text;
    by_hand boolean;
    role text;
    held record;
    taken text;
BEGIN
    IF current_database() <> current_setting('nuages.database') THEN
        RAISE EXCEPTION 'this session is in the database "%", and the grants are for "%"',
            current_database(), current_setting('nuages.database');
    END IF;
    -- Whoever administers the server stays what they are, and nobody becomes them.
    FOREACH role IN ARRAY ARRAY[current_setting('nuages.runtime'), current_setting('nuages.migrations'),
                                current_setting('nuages.reader'), current_setting('nuages.owner')] LOOP
        SELECT * INTO held FROM pg_roles WHERE rolname = role;
        CONTINUE WHEN NOT FOUND;
        IF role LIKE 'pg\_%' OR role = ANY (current_setting('nuages.services')::text[]) THEN
            RAISE EXCEPTION '"%" is a role of the server itself', role;
        ELSIF held.rolsuper OR held.rolreplication THEN
            RAISE EXCEPTION '"%" is a superuser or replicates', role
                USING HINT = 'somebody may need it as it is: make another login, or take that from it first';
        ELSIF role NOT IN (current_setting('nuages.runtime'), current_setting('nuages.migrations'))
              AND (held.rolcreatedb OR held.rolcreaterole OR held.rolbypassrls) THEN
            RAISE EXCEPTION '"%" may do more than this database needs', role
                USING HINT = 'a role that is assumed is not changed: make another, or take that from it first';
        END IF;
    END LOOP;
    FOR login, by_hand IN VALUES
        (current_setting('nuages.runtime'), current_setting('nuages.runtime_by_hand')::boolean),
        (current_setting('nuages.migrations'), current_setting('nuages.migrations_by_hand')::boolean)
    LOOP
        -- What it does not have is not named: that takes a superuser.
        SELECT concat(CASE WHEN rolcreatedb THEN ' NOCREATEDB' END, CASE WHEN rolcreaterole THEN ' NOCREATEROLE' END,
                      CASE WHEN rolbypassrls THEN ' NOBYPASSRLS' END)
            INTO taken FROM pg_roles WHERE rolname = login;
        IF taken <> '' THEN
            EXECUTE format('ALTER ROLE %I', login) || taken;
        ELSIF taken IS NULL THEN
            IF by_hand THEN
                RAISE EXCEPTION 'there is no login "%": see above how it is made', login;
            END IF;
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', login);
        END IF;
    END LOOP;
    -- The roles that they become, where that is not themselves.
    FOR login, role IN VALUES
        (current_setting('nuages.runtime'), current_setting('nuages.reader')),
        (current_setting('nuages.migrations'), current_setting('nuages.owner'))
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', role);
        END IF;
        IF role <> login AND NOT pg_has_role(login, role, 'MEMBER') THEN
            EXECUTE format('GRANT %I TO %I', role, login);
        END IF;
    END LOOP;
    -- Who is no superuser hands over what others own as a member of both: of who is to own, and of who owns.
    FOR role IN
        SELECT rolname FROM pg_roles WHERE NOT pg_has_role(current_user, oid, 'USAGE') AND
        (rolname IN (current_setting('nuages.reader'), current_setting('nuages.owner')) OR
         rolname IN (current_setting('nuages.runtime'), current_setting('nuages.migrations')) AND EXISTS (
             SELECT FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = pg_roles.oid AND deptype = 'o'
             AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())))
    LOOP
        EXECUTE format('GRANT %I TO %I', role, current_user);
    END LOOP;
    -- What an owner was granted goes to the next one: so this comes before all grants.
    IF EXISTS (SELECT FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba
               WHERE datname = current_database() AND rolname IN
               (current_setting('nuages.runtime'), current_setting('nuages.reader'),
                current_setting('nuages.migrations'), current_setting('nuages.owner'))) THEN
        EXECUTE format('ALTER DATABASE %I OWNER TO %I', current_database(), current_user);
    END IF;
    IF EXISTS (SELECT FROM pg_namespace JOIN pg_roles ON pg_roles.oid = nspowner
               WHERE nspname = current_setting('nuages.schema') AND rolname IN
               (current_setting('nuages.runtime'), current_setting('nuages.reader'))) THEN
        EXECUTE format('ALTER SCHEMA %I OWNER TO %I', current_setting('nuages.schema'), current_user);
    END IF;
END
$nuages$;
