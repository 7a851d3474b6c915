//! Manifests, and what the schema and the reader make of each. One table, longer than a file ought to be: cut in parts it would
//! hide which case is missing.

use Verdict::{PlanRefuses, Sound, Wrong};

/// What is right for a manifest.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Both take it.
    Sound,
    /// Both refuse it.
    Wrong,
    /// The schema takes what the plan refuses: why a schema cannot say it.
    PlanRefuses(&'static str),
}

const GRAMMAR: &str = "the grammar inside `${…}` is no regular language: defaults nest";
const NAMES: &str = "a schema cannot look up names that stand elsewhere in the manifest";
const LAYERS: &str = "a schema sees one layer, the rule holds for the layers together";
const DRIVERS: &str = "what a driver takes is left to the rules of its engine";
const NUMBERS: &str = "JSON Schema knows numbers by their value, not by how TOML writes them";
const PERIODS: &str = "a pattern does not say how long a span of time may be";

pub(crate) const CASES: &[(&str, Verdict)] = &[
    // The top level.
    ("", Sound),
    (
        "[providers]\n[databases]\n[env]\n[files]\n[profiles]",
        Sound,
    ),
    ("[database.default]\nENGINE = 'sqlite3'", Wrong),
    ("env = 'A=1'", Wrong),
    ("providers = ['env']", Wrong),
    ("files = 1979-05-27", Wrong),
    // Instances.
    ("providers.secrets = { kind = 'env' }", Sound),
    (
        "providers.s = { kind = 'dotenv', path = '.env', dialect = 'dotenvy' }",
        Sound,
    ),
    ("providers.s = { kind = 'dotenv', dialect = 'bash' }", Wrong),
    ("providers.s = { kind = 'dotenv', path = 1 }", Wrong),
    ("providers.s = { kind = 'dotenv', paths = '.env' }", Wrong),
    (
        "providers.s = { kind = 'dotenv', path = '${env://ENV_FILE}' }",
        Wrong,
    ),
    ("providers.s = { kind = 'dotenvx' }", Wrong),
    ("providers.s = { kind = ['dotenv'] }", Wrong),
    ("providers.s = 'dotenv'", Wrong),
    (
        "providers.s = { kind = 'age', key_file = 'age.key' }",
        Sound,
    ),
    (
        "providers.s = { kind = 'age', recipients = ['age1x'] }",
        Wrong,
    ),
    (
        "providers.s = { kind = 'command', argv = ['pass', 'show', '{}'], keep_newline = true }",
        Sound,
    ),
    (
        "providers.s = { kind = 'command', argv = ['x'], not_found_code = 44, stderr = 'inherit' }",
        Sound,
    ),
    ("providers.s = { kind = 'command' }", Wrong),
    (
        "providers.s = { kind = 'command', argv = 'pass show' }",
        Wrong,
    ),
    (
        "providers.s = { kind = 'command', argv = ['pass', 1] }",
        Wrong,
    ),
    (
        "providers.s = { kind = 'command', argv = ['pass', '${env://STORE}'] }",
        Wrong,
    ),
    (
        "providers.s = { kind = 'command', argv = ['x'], keep_newline = 'yes' }",
        Wrong,
    ),
    (
        "providers.s = { kind = 'command', argv = ['x'], not_found_code = -1 }",
        Wrong,
    ),
    (
        "providers.s = { kind = 'command', argv = ['x'], not_found_code = 44.0 }",
        PlanRefuses(NUMBERS),
    ),
    ("providers.s-1_b = { kind = 'file' }", Sound),
    ("providers.'1s' = { kind = 'file' }", Wrong),
    ("providers.'a b' = { kind = 'file' }", Wrong),
    ("providers.files = { kind = 'file' }", Wrong),
    (
        "providers.dotenv = { kind = 'dotenv', path = 'x.env' }",
        Sound,
    ),
    ("providers.env = { kind = 'dotenv' }", Wrong),
    ("providers.s = { path = '.env' }", Wrong),
    ("providers.s = { path = '.env' }\nenv.A = '${s://a}'", Wrong),
    // Databases: ENGINE and keys that depend on it.
    (
        "databases.default = { ENGINE = 'postgresql', NAME = 'shop' }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'django.contrib.gis.db.backends.postgis' }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'django_cockroachdb.backend', SHARD_MAP = [1] }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'x.y', ROUTES = { value = { a = 1 }, optional = true } }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'x.y', ROUTES = { a = 1 } }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = '${env://ENGINE:-sqlite3}' }",
        Sound,
    ),
    ("databases.default = { ENGINE = 'postgres' }", Wrong),
    (
        "databases.default = { ENGINE = 'django.db.backends.' }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'my-engine.backend' }",
        Wrong,
    ),
    ("databases.default = { ENGINE = '$${x' }", Wrong),
    (
        "databases.default = { ENGINE = 'postgresql', SHARD_MAP = 'x' }",
        Wrong,
    ),
    ("databases.default = { ENGINE = 'x.y', Shard = 'x' }", Wrong),
    (
        "databases.default = { ENGINE = 'x.y', PASSWROD = 'x' }",
        PlanRefuses(
            "a schema knows no likeness of names: this one is a slip, that of another backend's key is none",
        ),
    ),
    (
        "databases.default = { ENGINE = 'mssql', TOKEN = '${env://T}' }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'postgresql', TOKEN = '${env://T}' }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'django.db.backends.mysql', Trusted_Connection = 'yes' }",
        Wrong,
    ),
    ("databases.default = { name = 'shop' }", Wrong),
    ("databases.default = 'postgres://db/shop'", Wrong),
    ("databases.default = { NAME = 'shop' }", PlanRefuses(LAYERS)),
    ("databases.default = {}", Sound),
    // Databases: the types of keys.
    ("databases.default = { ENGINE = 'mysql', NAME = 1 }", Wrong),
    (
        "databases.default = { ENGINE = 'mysql', NAME = { value = 'a', optional = true, description = 'b' } }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'mysql', NAME = { optional = true } }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', NAME = { value = 'a', optional = 'yes' } }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', NAME = { value = 'a', as = 'str' } }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', NAME = { value = 'a', description = '${env://A}' } }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', PORT = 3306 }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'postgresql', PORT = '5432,,05433' }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'mysql', PORT = { value = '${env://PORT}', optional = true } }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'mysql', PORT = 65536 }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', PORT = '65536' }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', PORT = '+1' }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', PORT = true }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', PORT = 3306.0 }",
        PlanRefuses(NUMBERS),
    ),
    (
        "databases.default = { ENGINE = 'mysql', CONN_MAX_AGE = 60 }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'mysql', CONN_MAX_AGE = 'None' }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'mysql', CONN_MAX_AGE = '60s' }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', CONN_MAX_AGE = -1 }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', AUTOCOMMIT = false, ATOMIC_REQUESTS = 'ON' }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'mysql', AUTOCOMMIT = 'maybe' }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', AUTOCOMMIT = 1 }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', OPTIONS = { a = [1, { b = '${env://B}' }], c.d = 1.5 } }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'mysql', OPTIONS = { PASSWORD = 'x' } }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', OPTIONS = 'sslmode=require' }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', OPTIONS = { since = 1979-05-27 } }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', OPTIONS = { timeout = inf } }",
        PlanRefuses("JSON has no infinity to speak of"),
    ),
    (
        "databases.default = { ENGINE = 'mysql', TEST = { NAME = 'test', MIGRATE = false } }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'mysql', TEST = { NAMES = 'test' } }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'x.y', TEST = { SHARDS = 2 } }",
        Sound,
    ),
    ("databases.default = { ENGINE = 'mysql', TEST = [] }", Wrong),
    // Databases: URLs.
    (
        "databases.default = { url = '${env://URL}', url_style = 'django-environ', CONN_MAX_AGE = 0 }",
        Sound,
    ),
    (
        "databases.default = { url = 'sqlite:///db.sqlite3', url_style = 'dj-database-url' }",
        Sound,
    ),
    (
        "databases.default = { url = 'sqlite:///db.sqlite3', url_style = 'environ' }",
        Wrong,
    ),
    (
        "databases.default = { url = { value = 'sqlite:///db.sqlite3' } }",
        Wrong,
    ),
    (
        "databases.default = { URL = 'sqlite:///db.sqlite3' }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'sqlite3', url_style = 'django-environ' }",
        PlanRefuses(LAYERS),
    ),
    // Databases: secrets that hold a login.
    (
        "databases.default = { from = '${env://LOGIN}', ENGINE = 'postgis', OPTIONS = { a = 1 } }",
        Sound,
    ),
    (
        "databases.default = { from = '${env://LOGIN#/a/b:-{\"engine\": \"mysql\"} | trim}' }",
        Sound,
    ),
    ("databases.default = { from = 'LOGIN' }", Wrong),
    ("databases.default = { from = '' }", Wrong),
    ("databases.default = { from = 1 }", Wrong),
    ("databases.default = { from = ['${env://LOGIN}'] }", Wrong),
    ("databases.default = { from = 'x${env://LOGIN}' }", Wrong),
    ("databases.default = { from = '${env://LOGIN} ' }", Wrong),
    ("databases.default = { from = '$${env://LOGIN}' }", Wrong),
    (
        "databases.default = { from = '${env://A}${env://B}' }",
        PlanRefuses(GRAMMAR),
    ),
    (
        "databases.default = { from = { value = '${env://LOGIN}', optional = true } }",
        Wrong,
    ),
    (
        "databases.default = { from = '${env://LOGIN}', url = 'sqlite://' }",
        Wrong,
    ),
    (
        "databases.default = { from = '${env://LOGIN}' }\nprofiles.dev.databases.default = { url = 'sqlite://' }",
        Sound,
    ),
    (
        "databases.default = { url = 'sqlite://' }\nprofiles.dev.databases.default = { from = '${env://LOGIN}' }",
        Sound,
    ),
    (
        "databases.default = { from = '${env://LOGIN}', FROM = 'x' }",
        Wrong,
    ),
    (
        "databases.default = { from = '${env://LOGIN}', url_style = 'django-environ' }",
        PlanRefuses(LAYERS),
    ),
    // Databases: logins by Entra.
    (
        "databases.default = { ENGINE = 'mssql', HOST = 'h', auth = 'entra' }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'mssql', HOST = 'h', auth = { method = 'entra-msi', client_id = 'x' } }",
        Sound,
    ),
    (
        "providers.login = { kind = 'entra' }\ndatabases.default = { ENGINE = { value = 'postgis' }, HOST = 'h', auth = { method = 'entra', instance = 'login', client_id = '2f6a7f4e-0a53-4d0c-9a0e-64b2a9c61e58', tenant = 'shop.example' } }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'django.db.backends.mysql', USER = 'u', HOST = 'h', auth = 'entra', OPTIONS = { ssl = { ca = 'x' } } }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'mssql', HOST = 'h', auth = 'kerberos' }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mssql', HOST = 'h', auth = true }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mssql', HOST = 'h', auth = { method = 'entra', tenat = 'x' } }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mssql', HOST = 'h', auth = { method = 'entra', client_id = 'a b' } }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mssql', HOST = 'h', auth = { method = 'entra', tenant = '${env://T}' } }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mssql', HOST = 'h', auth = { method = '${env://M}' } }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'sqlite3', HOST = 'h', auth = 'entra' }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = '${env://E}', HOST = 'h', auth = 'entra' }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'postgresql', HOST = 'h', auth = 'entra-msi' }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', HOST = 'h', auth = { method = 'entra-msi' } }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'postgresql', HOST = 'h', auth = 'entra', PASSWORD = 'x' }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mssql', HOST = 'h', auth = 'entra', TOKEN = 'x' }",
        Wrong,
    ),
    (
        "databases.default = { auth = 'entra', url = 'mssqlms://h/d' }",
        Wrong,
    ),
    (
        "databases.default = { auth = 'entra', from = '${env://LOGIN}' }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mssql', HOST = 'h', auth = 'entra' }\nprofiles.dev.databases.default = { auth = { client_id = 'x' } }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'mssql', HOST = 'h', auth = { client_id = 'x' } }",
        PlanRefuses(LAYERS),
    ),
    (
        "databases.default = { ENGINE = 'mssql', auth = 'entra' }",
        PlanRefuses(LAYERS),
    ),
    (
        "databases.default = { ENGINE = 'mssql', HOST = 'h', auth = { method = 'entra', instance = 'login' } }",
        PlanRefuses(NAMES),
    ),
    (
        "databases.default = { ENGINE = 'mssql', HOST = 'h', auth = 'entra', USER = 'sa' }",
        PlanRefuses(DRIVERS),
    ),
    (
        "databases.default = { ENGINE = 'postgresql', HOST = 'h', auth = 'entra', OPTIONS = { sslmode = 'require' } }",
        PlanRefuses(DRIVERS),
    ),
    (
        "databases.default = { ENGINE = 'mssql', OPTIONS = { extra_params = { Encrypt = true, APP = 'a;b' } } }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'mssql', OPTIONS = { extra_params = { 'a b' = 'x' } } }",
        PlanRefuses(DRIVERS),
    ),
    // [env].
    (
        "env = { A = 'a', B = 1, C = 1.5, D = true, e = '${env://E | trim}' }",
        Sound,
    ),
    (
        "env.A = { value = '1', as = 'int', optional = true, description = 'a' }",
        Sound,
    ),
    ("env.A = { value = ['a', { b = 1 }], as = 'json' }", Sound),
    ("env.A = { value = ['a'] }", Wrong),
    ("env.A = { value = ['a'], as = 'str' }", Wrong),
    ("env.A = ['a']", Wrong),
    ("env.A = { value = '1', as = 'integer' }", Wrong),
    ("env.A = { value = '1', default = '2' }", Wrong),
    ("env.A = { as = 'int' }", Wrong),
    ("env.A = 1979-05-27T07:32:00Z", Wrong),
    (
        "env.A = nan",
        PlanRefuses("JSON has no such number to speak of"),
    ),
    ("env.A = 9223372036854775808", PlanRefuses(NUMBERS)),
    ("env.'A=B' = 'a'", Wrong),
    ("env.\"A\\u0000\" = 'a'", Wrong),
    ("env.'' = 'a'", Wrong),
    ("env.A = '${B}'", PlanRefuses(GRAMMAR)),
    ("env.A = '${env://A'", PlanRefuses(GRAMMAR)),
    ("env.A = '${env://A | upper}'", PlanRefuses(GRAMMAR)),
    ("env.A = '${env://A?version=1}'", PlanRefuses(GRAMMAR)),
    ("env.A = '${vault://A}'", PlanRefuses(NAMES)),
    ("env.A = '${files://a.pem}'", PlanRefuses(NAMES)),
    (
        "env.A_PEM_FILE = 'x'\nfiles.'a.pem' = { content = '${env://A}' }",
        PlanRefuses(NAMES),
    ),
    // [files].
    (
        "files.'tls/client.key' = { content = '${env://KEY}', env = 'KEY_PATH', optional = true }",
        Sound,
    ),
    ("files.'a..b/.c' = { content = 'x' }", Sound),
    ("files.'/etc/passwd' = { content = 'x' }", Wrong),
    ("files.'a/../b' = { content = 'x' }", Wrong),
    ("files.'./a' = { content = 'x' }", Wrong),
    ("files.'a//b' = { content = 'x' }", Wrong),
    ("files.'a/' = { content = 'x' }", Wrong),
    ("files.a = 'x'", Wrong),
    ("files.a = { content = 1 }", Wrong),
    ("files.a = { value = 'x' }", Wrong),
    ("files.a = { content = 'x', mode = '0600' }", Wrong),
    ("files.a = { content = 'x', env = 'A=B' }", Wrong),
    ("files.a = { content = 'x', env = '${env://B}' }", Wrong),
    (
        "files = { a = { content = 'x' }, 'a/b' = { content = 'x' } }",
        PlanRefuses(NAMES),
    ),
    // What is kept fresh, and how.
    ("providers.s = { kind = 'env', refresh = '5m' }", Sound),
    ("providers.s = { kind = 'file', refresh = '1h30m' }", Sound),
    ("providers.s = { kind = 'env', refresh = '5' }", Wrong),
    ("providers.s = { kind = 'env', refresh = 300 }", Wrong),
    ("providers.s = { kind = 'env', refresh = '5 m' }", Wrong),
    ("providers.s = { kind = 'env', refresh = '-5m' }", Wrong),
    ("providers.s = { kind = 'env', refresh = '' }", Wrong),
    (
        "providers.s = { kind = 'env', refresh = '10ms' }",
        PlanRefuses(PERIODS),
    ),
    (
        "providers.s = { kind = 'env', refresh = '9000h' }",
        PlanRefuses(PERIODS),
    ),
    (
        "providers.s = { kind = 'env', refresh = '99999999999999999999s' }",
        PlanRefuses(PERIODS),
    ),
    (
        "providers.s = { kind = 'env' }\nprofiles.prod.providers.s = { refresh = '1m' }",
        Sound,
    ),
    (
        "providers.s = { kind = 'env' }\nprofiles.prod.providers.s = { refresh = 'often' }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'postgresql', live = true, verify = 'connect' }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'mysql', live = 'pymysql', verify = { command = ['python', 'probe.py'] } }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'sqlite3', live = false, verify = 'none' }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'postgresql', live = 'yes' }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'postgresql', live = 1 }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'postgresql', live = 'pymysql' }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'sqlite3', live = true }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = { value = 'django.contrib.gis.db.backends.oracle' }, live = true }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'spatialite' }\nprofiles.prod.databases.default = { live = true }",
        Sound,
    ),
    (
        "databases.default = { ENGINE = 'mysql', verify = 'login' }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', verify = true }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', verify = {} }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', verify = { command = [] } }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', verify = { command = [''] } }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', verify = { command = 'probe' } }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', verify = { command = ['probe', 1] } }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', verify = { command = ['probe', '${env://A}'] } }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', verify = { command = ['probe'], timeout = '5s' } }",
        Wrong,
    ),
    (
        "files.'databases.json' = { render = 'databases-json', env = 'DB', on_change = 'signal:HUP', description = 'a' }",
        Sound,
    ),
    ("files.a = { content = 'x', on_change = 'none' }", Sound),
    (
        "files.a = { content = 'x', on_change = 'signal:SIGUSR2' }",
        Sound,
    ),
    (
        "files.a = { content = 'x', on_change = 'signal:TERM' }",
        Wrong,
    ),
    ("files.a = { content = 'x', on_change = 'HUP' }", Wrong),
    ("files.a = { content = 'x', render = 'json' }", Wrong),
    ("files.a = { render = 'database-json' }", Wrong),
    ("files.a = { render = 'json', optional = true }", Wrong),
    ("files.a = { render = ['json'] }", Wrong),
    ("files.a = { render = 'json', description = 1 }", Wrong),
    ("files.'.nuages' = { content = 'x' }", Wrong),
    ("files.'.nuages/a' = { content = 'x' }", Wrong),
    ("files.'.nuages.d/a' = { content = 'x' }", Sound),
    ("files.'a/.nuages' = { content = 'x' }", Sound),
    (
        "supervise = { on_change = 'restart', settle = '500ms', jitter = '0s' }",
        Sound,
    ),
    ("supervise = { on_change = 'reload' }", Wrong),
    ("supervise = { settle = 2 }", Wrong),
    ("supervise = { settel = '2s' }", Wrong),
    ("supervise = 'restart'", Wrong),
    (
        "profiles.prod.supervise = { on_change = 'signal:WINCH' }",
        Sound,
    ),
    ("audit = { path = '/var/log/nuages.jsonl' }", Sound),
    ("profiles.prod.audit = { path = 'audit.jsonl' }", Sound),
    ("audit = {}", Wrong),
    ("audit = { path = '' }", Wrong),
    ("audit = { path = \"a\\u0000\" }", Wrong),
    ("audit = { path = '${env://LOG}' }", Wrong),
    ("audit = { path = 'a', format = 'json' }", Wrong),
    // Profiles.
    (
        "profiles = { base = {}, dev = { extends = 'base' }, ci = { extends = ['base', 'dev'], env.A = 'a' } }",
        Sound,
    ),
    ("profiles.dev.env = { A = ['a'] }", Wrong),
    ("profiles.dev.profiles = {}", Wrong),
    ("profiles.dev.extends = 1", Wrong),
    ("profiles.dev.extends = [1]", Wrong),
    ("profiles.dev.extends = '${env://A}'", Wrong),
    ("profiles.dev.extends = 'base'", PlanRefuses(NAMES)),
    ("profiles.dev.extends = 'dev'", PlanRefuses(NAMES)),
    ("profiles.'a,b' = {}", Wrong),
    ("profiles.' a' = {}", Wrong),
    ("profiles.'a b' = {}", Sound),
    (
        "providers.s = { kind = 'dotenv' }\nprofiles.ci.providers.s = { path = 'ci.env' }",
        Sound,
    ),
    (
        "providers.s = { kind = 'dotenv' }\nprofiles.ci.providers.s = { paths = 'ci.env' }",
        PlanRefuses(LAYERS),
    ),
    (
        "providers.s = { kind = 'dotenv' }\nprofiles.ci.providers.s = { path = '${env://P}' }",
        Wrong,
    ),
    (
        "providers.s = { kind = 'dotenv' }\nprofiles.ci.providers.s = { kind = 'command' }",
        Wrong,
    ),
    ("profiles.ci.providers.env = { kind = 'file' }", Wrong),
    (
        "profiles.ci.databases.default = { TOKEN = 'x', ENGINE = 'oracle' }",
        Wrong,
    ),
    (
        "databases.default = { ENGINE = 'mysql', OPTIONS = '${env://OPTIONS}' }",
        Wrong,
    ),
    (
        "databases.default = { url = 'postgres//shop' }",
        PlanRefuses("a schema reads no URLs"),
    ),
    (
        "env.A = { value = 'four', as = 'int' }",
        PlanRefuses("a schema sees the type of a value, not what its text says"),
    ),
    ("env.A = { value = '4', as = 'int' }", Sound),
    (
        "scan = { exclude = ['static/**'], confidence = 'high', baseline = 'b.json', config = 'g.toml' }",
        Sound,
    ),
    ("scan = { excludes = ['static/**'] }", Wrong),
    ("scan = { exclude = 'static/**' }", Wrong),
    ("scan = { confidence = 'sure' }", Wrong),
    ("scan = { key = 'plain' }", Wrong),
    ("scan = { key = '${env://SCAN_KEY}' }", Sound),
    (
        "scan.rules = [{ id = 'a', pattern = 'a+', keywords = ['aaaa'], entropy = 3.5, group = 0 }]",
        Sound,
    ),
    ("scan.rules = [{ id = 'a' }]", Wrong),
    (
        "scan.rules = [{ id = 'a', pattern = 'a', entropy = 9 }]",
        Wrong,
    ),
    (
        "scan.rules = [{ id = 'a', pattern = 'a', group = -1 }]",
        Wrong,
    ),
    (
        "scan.allow = [{ rule = 'jwt', reason = 'a demo', until = '2027-01-31' }]",
        Sound,
    ),
    ("scan.allow = [{ rule = 'jwt' }]", Wrong),
    ("scan.allow = [{ reason = 'all of it' }]", Wrong),
    ("scan.allow = [{ rule = 'jwt', reason = ' ' }]", Wrong),
    (
        "scan.allow = [{ rule = 'jwt', reason = 'a demo', until = 'soon' }]",
        Wrong,
    ),
    (
        "check.allow = [{ rule = 'GN010', at = 'databases.default', reason = 'a pool', until = '2027-01-31' }]",
        Sound,
    ),
    (
        "check.allow = [{ rule = 'security.W009', reason = 'Django has it too' }]",
        Sound,
    ),
    ("check = {}", Sound),
    ("check.allow = [{ rule = 'GN010' }]", Wrong),
    ("check.allow = [{ reason = 'all of it' }]", Wrong),
    ("check.allow = [{ rule = 'GN010', reason = ' ' }]", Wrong),
    ("check.allow = [{ rule = 'XX999', reason = 'none' }]", Wrong),
    (
        "check.allow = [{ rule = 'gn010', reason = 'small' }]",
        Wrong,
    ),
    (
        "check.allow = [{ rule = 'GN010', reason = 'x', until = 'soon' }]",
        Wrong,
    ),
    (
        "check.allow = [{ rule = 'GN010', reason = 'x', path = 'y' }]",
        Wrong,
    ),
    ("check = { allowed = [] }", Wrong),
    ("profiles.ci.check = {}", Wrong),
    ("profiles.ci.scan = { confidence = 'low' }", Wrong),
];
