DO $nuages$
DECLARE
    login text;
    by_hand boolean;
    owner text;
BEGIN
    IF current_database() <> current_setting('nuages.database') THEN
        RAISE EXCEPTION 'this session is in the database "%", and the grants are for "%"',
            current_database(), current_setting('nuages.database');
    END IF;
    FOR login, by_hand IN VALUES
        (current_setting('nuages.runtime'), current_setting('nuages.runtime_by_hand')::boolean),
        (current_setting('nuages.migrations'), current_setting('nuages.migrations_by_hand')::boolean)
    LOOP
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = login AND
                   (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)) THEN
            EXECUTE format('ALTER ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', login);
        ELSIF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
            IF by_hand THEN
                RAISE EXCEPTION 'there is no login "%": see above how it is made', login;
            END IF;
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', login);
        END IF;
    END LOOP;
    -- The roles that they become, where that is not themselves.
    FOR login, owner IN VALUES
        (current_setting('nuages.runtime'), current_setting('nuages.reader')),
        (current_setting('nuages.migrations'), current_setting('nuages.owner'))
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = owner) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', owner);
        END IF;
        IF owner <> login AND NOT pg_has_role(login, owner, 'MEMBER') THEN
            EXECUTE format('GRANT %I TO %I', owner, login);
        END IF;
        -- Who is no superuser hands over what others own as a member of both.
        IF NOT pg_has_role(current_user, owner, 'USAGE') THEN
            EXECUTE format('GRANT %I TO %I', owner, current_user);
        END IF;
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
