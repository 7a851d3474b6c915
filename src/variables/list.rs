//! The list itself: each variable with what it is for.

use super::{
    CLICOLOR, CLICOLOR_FORCE, DATABASES_FILE, DJANGO_SETTINGS_MODULE, GIT_DIR, GIT_INDEX_FILE,
    Group, HOME, NO_COLOR, NUAGES_DEADLINE, NUAGES_MANIFEST, NUAGES_PROFILE, NUAGES_SCAN_KEY,
    NUAGES_SECRETS, NUAGES_SET, TERM, TMPDIR, VIRTUAL_ENV, Variable, XDG_CONFIG_HOME,
    XDG_RUNTIME_DIR,
};

/// All of them, by who they belong to.
pub const GROUPS: &[Group] = &[
    OWN, SET, TERMINAL, PROJECT, NETWORK, AWS, AZURE, STORES, JOBS, SERVERS,
];

const fn is(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, meaning }
}

const OWN: Group = Group {
    title: "nuages",
    about: "An option on the command line goes before its variable.",
    more: "",
    variables: &[
        is(NUAGES_MANIFEST, "the manifest's path, as `--manifest`"),
        is(
            NUAGES_PROFILE,
            "profiles to put on the manifest, separated by commas, as `--profile`",
        ),
        is(
            NUAGES_DEADLINE,
            "seconds for the whole run, as `--deadline`",
        ),
        is(
            NUAGES_SCAN_KEY,
            "the key of a scan's fingerprints and baseline, where `[scan] key` cannot be fetched",
        ),
        is("NUAGES_AGE_KEY", "the secret key of an `age` store"),
        is(
            "NUAGES_AGE_KEY_FILE",
            "the file with the secret key of an `age` store",
        ),
    ],
};

const SET: Group = Group {
    title: "What the command gets",
    about: "`nuages exec` sets these for the command, beside the variables of `[env]` and the path of each of `[files]`. What logs \
            in to a store (marked as kept from the command) is not handed on, unless `[env]` passes it on.",
    more: "",
    variables: &[
        is(
            "DATABASES",
            "Django's `DATABASES` as JSON, where the manifest has `[databases]`",
        ),
        is(
            DATABASES_FILE,
            "not set, but read by the Python package: a JSON file of databases, which comes before `DATABASES`",
        ),
        is(
            NUAGES_SET,
            "the names of all variables that were set, sorted, separated by commas",
        ),
        is(NUAGES_SECRETS, "those of them that hold a secret, likewise"),
        is(
            "PYTHONPATH",
            "under `--supervise` with `live` databases: a directory more, in front",
        ),
        is(
            "GUNICORN_CMD_ARGS",
            "under `--supervise`: read, to know what a reload of gunicorn would bring",
        ),
    ],
};

const TERMINAL: Group = Group {
    title: "The terminal",
    about: "Whether there is colour is decided by the first of these that says something: `--color`, `NO_COLOR`, \
            `CLICOLOR_FORCE`, `CLICOLOR=0`, and then by whether the output is a terminal whose `TERM` is not `dumb`.",
    more: "",
    variables: &[
        is(NO_COLOR, "set and not empty: no colour"),
        is(
            CLICOLOR_FORCE,
            "set, and neither empty nor `0`: colour although the output is no terminal",
        ),
        is(CLICOLOR, "`0`: no colour"),
        is(
            TERM,
            "`dumb`, or not set: no colour, and no line that says what is waited for",
        ),
    ],
};

const PROJECT: Group = Group {
    title: "The machine and the project",
    about: "",
    more: "",
    variables: &[
        is(
            HOME,
            "what `~/` stands for, and where keys and logins are looked for",
        ),
        is("PATH", "where programs are looked for"),
        is(
            XDG_RUNTIME_DIR,
            "where `[files]` are written, if it is in memory and private",
        ),
        is(
            TMPDIR,
            "where `[files]` are written if there is no place in memory",
        ),
        is(
            XDG_CONFIG_HOME,
            "where the user's `git/ignore` is, which a scan goes by, and `nuages/age.key`, the key of the embedded store",
        ),
        is(
            DJANGO_SETTINGS_MODULE,
            "the settings of `nuages check --settings` where none are named",
        ),
        is(
            VIRTUAL_ENV,
            "the environment whose Python `nuages check` asks",
        ),
        is(GIT_DIR, "the repository, as git tells its hooks"),
        is(
            GIT_INDEX_FILE,
            "the index that is about to be committed, as git tells its hooks",
        ),
    ],
};

const NETWORK: Group = Group {
    title: "Proxies and certificates",
    about: "Each in capitals or in lower case, as curl reads them.",
    more: "../providers/http/README.md",
    variables: &[
        is("HTTPS_PROXY", "the proxy for https"),
        is(
            "HTTP_PROXY",
            "the proxy for http; in lower case alone where `REQUEST_METHOD` is set",
        ),
        is("ALL_PROXY", "the proxy for both"),
        is("NO_PROXY", "hosts that are asked without a proxy"),
        is(
            "REQUEST_METHOD",
            "set in a CGI script, where a visitor could name `HTTP_PROXY`",
        ),
        is(
            "SSL_CERT_FILE",
            "certificate authorities in place of the system's",
        ),
        is("SSL_CERT_DIR", "a directory of them"),
        is("AWS_CA_BUNDLE", "certificate authorities besides"),
        is("REQUESTS_CA_BUNDLE", "certificate authorities besides"),
    ],
};

const AWS: Group = Group {
    title: "AWS",
    about: "As AWS's own tools read them; settings of the instance go before. AWS's SDK \
            reads more of its own, such as `AWS_USE_FIPS_ENDPOINT`.",
    more: "../providers/aws/README.md",
    variables: &[
        is("AWS_REGION", "the region"),
        is(
            "AWS_DEFAULT_REGION",
            "the region, where `AWS_REGION` is not set",
        ),
        is("AWS_PROFILE", "the profile of AWS's own files"),
        is("AWS_CONFIG_FILE", "the file of profiles"),
        is(
            "AWS_SHARED_CREDENTIALS_FILE",
            "the file of their credentials",
        ),
        is("AWS_ACCESS_KEY_ID", "an access key"),
        is("AWS_SECRET_ACCESS_KEY", "the access key's secret"),
        is("AWS_SESSION_TOKEN", "the token of a temporary access key"),
        is(
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "the token of a pod or a CI job",
        ),
        is("AWS_ROLE_ARN", "the role that this token is for"),
        is("AWS_ROLE_SESSION_NAME", "the session's name in AWS's logs"),
        is(
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "where a task of ECS gets its credentials",
        ),
        is(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "where a pod of EKS gets its credentials",
        ),
        is(
            "AWS_EC2_METADATA_DISABLED",
            "`true`: the machine's metadata service is not asked",
        ),
        is(
            "AWS_ENDPOINT_URL",
            "another endpoint, for emulators and private links",
        ),
        is("AWS_ENDPOINT_URL_SSM", "the same for Parameter Store alone"),
        is(
            "AWS_ENDPOINT_URL_SECRETS_MANAGER",
            "the same for Secrets Manager alone",
        ),
        is("AWS_ENDPOINT_URL_STS", "the same for STS alone"),
    ],
};

const AZURE: Group = Group {
    title: "Azure",
    about: "As Azure's own SDKs read them; settings of the instance go before.",
    more: "../providers/azure/README.md",
    variables: &[
        is(
            "AZURE_TOKEN_CREDENTIALS",
            "`prod`, `dev`, or the one credential to use",
        ),
        is("AZURE_TENANT_ID", "the tenant"),
        is("AZURE_CLIENT_ID", "the application or the managed identity"),
        is("AZURE_CLIENT_SECRET", "the application's secret"),
        is(
            "AZURE_CLIENT_CERTIFICATE_PATH",
            "the application's certificate, with its key",
        ),
        is(
            "AZURE_CLIENT_CERTIFICATE_PASSWORD",
            "what that file is encrypted with",
        ),
        is(
            "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN",
            "`1` or `true`: the certificate's chain is sent as well",
        ),
        is(
            "AZURE_PASSWORD",
            "not read: what other tools of Azure log in with",
        ),
        is(
            "AZURE_FEDERATED_TOKEN_FILE",
            "the token of a pod (workload identity)",
        ),
        is("AZURE_AUTHORITY_HOST", "where to log in, in other clouds"),
        is("AZURE_CONFIG_DIR", "where the Azure CLI keeps its login"),
        is(
            "AZURE_KEY_VAULT_URL",
            "the vault of `azure_keyvault` references in other tools' words",
        ),
        is(
            "IDENTITY_ENDPOINT",
            "where App Service, Functions and Container Apps give tokens",
        ),
        is("IDENTITY_HEADER", "what they are asked with"),
        is(
            "IDENTITY_SERVER_THUMBPRINT",
            "set by Service Fabric, which is refused",
        ),
        is("IMDS_ENDPOINT", "set by Azure Arc, which is refused"),
        is(
            "MSI_ENDPOINT",
            "set by Azure ML and Cloud Shell, which are refused",
        ),
        is("MSI_SECRET", "set by Azure ML, which is refused"),
    ],
};

const STORES: Group = Group {
    title: "Other stores",
    about: "`dotenv` instances and `env` references read whatever they name.",
    more: "",
    variables: &[
        is(
            "OP_SERVICE_ACCOUNT_TOKEN",
            "1Password's login, for its program `op`",
        ),
        is("OP_CONNECT_TOKEN", "1Password Connect's login, likewise"),
    ],
};

const JOBS: Group = Group {
    title: "CI jobs",
    about: "",
    more: "ci.md",
    variables: &[
        is(
            "GITHUB_ENV",
            "GitHub: the file of the next steps' variables",
        ),
        is("GITHUB_OUTPUT", "GitHub: the file of this step's outputs"),
        is(
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "GitHub: where the job's identity token is given out",
        ),
        is(
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "GitHub: what it is asked for with",
        ),
        is("BASH_ENV", "CircleCI: the file that each next step reads"),
        is(
            "BITBUCKET_PIPELINES_VARIABLES_PATH",
            "Bitbucket: the file of the next steps' variables",
        ),
        is(
            "SYSTEM_UNSAFEALLOWMULTILINESECRET",
            "Azure Pipelines: whether a secret may have several lines",
        ),
        is(
            "DECODE_PERCENTS",
            "Azure Pipelines: whether its agent reads `%AZP25`",
        ),
        is(
            "SYSTEM_OIDCREQUESTURI",
            "Azure Pipelines: where the job's identity token is given out",
        ),
        is(
            "SYSTEM_ACCESSTOKEN",
            "Azure Pipelines: what it is asked for with",
        ),
        is(
            "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
            "Azure Pipelines: the service connection",
        ),
        is(
            "AZURESUBSCRIPTION_CLIENT_ID",
            "Azure Pipelines: the service connection's application",
        ),
        is(
            "AZURESUBSCRIPTION_TENANT_ID",
            "Azure Pipelines: the service connection's tenant",
        ),
    ],
};

const SERVERS: Group = Group {
    title: "Database servers",
    about: "`nuages check --connect` goes by the variables of libpq (`PGSSLMODE`, `PGPASSFILE`, `PGSERVICEFILE`, …) as the driver \
            would, and by those in `[env]` first.",
    more: "",
    variables: &[
        is(
            "PGCONNECT_TIMEOUT",
            "seconds for one connection to PostgreSQL",
        ),
        is("MYSQL_PWD", "the password of MySQL where none is given"),
    ],
};
