DO $nuages$
BEGIN
    IF to_regnamespace(quote_ident(current_setting('nuages.other'))) IS NULL THEN
        RAISE WARNING 'there is no schema "%"', current_setting('nuages.other');
    ELSE
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I, %I', current_setting('nuages.other'),
            current_setting('nuages.reader'), current_setting('nuages.owner'));
    END IF;
END
$nuages$;
