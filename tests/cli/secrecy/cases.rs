//! Every class of run, working and failing, in which a value of the instance `s` takes part.

/// What is added to the manifest, the arguments, and whether it works out. A secret that a kind cannot hold is missing
/// there, which is a failure too.
pub(super) const CASES: &[(&str, &[&str], bool)] = &[
    (
        "[env]\nA = \"${s://text}\"\n",
        &["exec", "--", "true"],
        true,
    ),
    (
        "[env]\nA = \"${s://text}\"\n",
        &["exec", "--pristine", "--", "true"],
        true,
    ),
    (
        "[env]\nA = \"${s://text | urlencode} ${s://text | json} ${s://text | base64}\"\n",
        &["exec", "--", "true"],
        true,
    ),
    (
        "[files.a]\ncontent = \"${s://text}\"\n",
        &["exec", "--files-dir", "made", "--", "true"],
        true,
    ),
    (
        "[env]\nA = \"${s://text}\"\n",
        &["render", "json", "-o", "out.json"],
        true,
    ),
    (
        "[env]\nA = \"${s://text:-${env://NONE}}\"\n",
        &["plan"],
        true,
    ),
    ("[env]\nA = \"${s://text}\"\n", &["plan", "--json"], true),
    (
        "[env]\nA = { value = \"${s://text}\", as = \"int\" }\n",
        &["render", "json"],
        false,
    ),
    (
        "[env]\nA = { value = \"${s://text}\", as = \"float\" }\n",
        &["render", "json"],
        false,
    ),
    (
        "[env]\nA = { value = \"${s://text}\", as = \"bool\" }\n",
        &["render", "json"],
        false,
    ),
    (
        "[env]\nA = { value = \"${s://text}\", as = \"json\" }\n",
        &["render", "json"],
        false,
    ),
    (
        "[env]\nA = { value = \"${s://broken}\", as = \"json\" }\n",
        &["render", "json"],
        false,
    ),
    (
        "[databases.d]\nENGINE = \"${s://text}\"\n",
        &["render"],
        false,
    ),
    (
        "[databases.d]\nENGINE = \"sqlite3\"\nPORT = \"${s://text}\"\n",
        &["render"],
        false,
    ),
    (
        "[databases.d]\nENGINE = \"sqlite3\"\nCONN_MAX_AGE = \"${s://text}\"\n",
        &["render"],
        false,
    ),
    (
        "[databases.d]\nENGINE = \"sqlite3\"\nAUTOCOMMIT = \"${s://text}\"\n",
        &["render"],
        false,
    ),
    ("[databases.d]\nurl = \"${s://text}\"\n", &["render"], false),
    (
        "[databases.d]\nurl = \"${s://url-scheme}\"\n",
        &["render"],
        false,
    ),
    (
        "[databases.d]\nurl = \"${s://url-port}\"\n",
        &["render"],
        false,
    ),
    (
        "[databases.d]\nurl = \"${s://url-bracket}\"\n",
        &["render"],
        false,
    ),
    (
        "[databases.d]\nurl = \"postgres://u:p@[${s://text}/d\"\n",
        &["render"],
        false,
    ),
    (
        "[databases.d]\nurl = \"${s://url-port}\"\nurl_style = \"django-environ\"\n",
        &["render"],
        false,
    ),
    (
        "[databases.d]\nfrom = \"${s://text}\"\n",
        &["render"],
        false,
    ),
    (
        "[databases.d]\nfrom = \"${s://broken}\"\n",
        &["render"],
        false,
    ),
    (
        "[databases.d]\nfrom = \"${s://json}\"\n",
        &["render"],
        false,
    ),
    (
        "[databases.d]\nfrom = \"${s://binary}\"\n",
        &["render"],
        false,
    ),
    (
        "[databases.d]\nfrom = \"${s://json}\"\nENGINE = \"mysql\"\nUSER = \"u\"\nPASSWORD = \"p\"\n",
        &["render", "-o", "out.json"],
        true,
    ),
    (
        "[env]\nA = \"${s://text#key}\"\n",
        &["render", "json"],
        false,
    ),
    (
        "[env]\nA = \"${s://broken#key}\"\n",
        &["render", "json"],
        false,
    ),
    (
        "[env]\nA = \"${s://json#other}\"\n",
        &["render", "json"],
        false,
    ),
    (
        "[env]\nA = \"${s://json#/list/5}\"\n",
        &["render", "json"],
        false,
    ),
    (
        "[env]\nA = \"${s://json#/key/below}\"\n",
        &["render", "json"],
        false,
    ),
    (
        "[env]\nA = \"${s://text | base64decode}\"\n",
        &["render", "json"],
        false,
    ),
    (
        "[env]\nA = \"${s://binary | json}\"\n",
        &["render", "json"],
        false,
    ),
    (
        "[env]\nA = \"${s://binary | trim}\"\n",
        &["render", "json"],
        false,
    ),
    ("[env]\nA = \"${s://binary}\"\n", &["render", "json"], false),
    (
        "[env]\nA = \"${s://nul}\"\n",
        &["exec", "--", "true"],
        false,
    ),
    ("[env]\nA = \"${s://nul}\"\n", &["render", "sh"], false),
    ("[env]\nA = \"${s://nul}\"\n", &["render", "dotenv"], false),
    (
        "[env]\nA = \"${s://lines}\"\n",
        &["render", "docker"],
        false,
    ),
    (
        "[env]\nA = \"${s://long}\"\n",
        &["exec", "--", "true"],
        false,
    ),
    (
        "[env]\nA = \"${s://text}\"\nB = \"${file://none}\"\n",
        &["render", "json"],
        false,
    ),
    (
        "[env]\nA = \"${s://text}\"\nB = \"${s://none}\"\n",
        &["render", "json"],
        false,
    ),
    (
        "[env]\nA = \"${s://text}\"\nB = \"${s://text?colour=red}\"\n",
        &["render", "json"],
        false,
    ),
    (
        "[env]\nA = \"${s://text}\"\n",
        &["render", "json", "-o", "no/such/place"],
        false,
    ),
    ("[env]\nA = \"${s://text}\"\n", &["render", "xml"], false),
    (
        "[env]\nA = \"${s://text}\"\n",
        &["exec", "--", "no-such-program-anywhere"],
        false,
    ),
    (
        "[env]\nA = \"${s://text}\"\n",
        &["exec", "--", "./base.toml"],
        false,
    ),
    (
        "[files.a]\ncontent = \"${s://text}\"\n",
        &["exec", "--files-dir", "base.toml", "--", "true"],
        false,
    ),
    ("", &["get", "s://text#key"], false),
    ("", &["get", "s://text | base64decode"], false),
    ("", &["get", "s://text | rot13"], false),
    (
        "[providers.slow]\nkind = \"command\"\nargv = [\"sleep\", \"60\"]\n[env]\nA = \"${s://text}\"\nB = \"${slow://60}\"\n",
        &["--deadline", "0.4", "render", "json"],
        false,
    ),
];
