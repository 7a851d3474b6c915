//! `nuages plan --iam`: the policies are IAM's grammar, allow every call that a run of the same plan makes, and hold
//! nothing that no call needs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::store::Store;
use crate::support::faults::Request;
use crate::support::moto::REGION;
use crate::support::project::Project;

/// Every form of a reference, for two identities: the environment's and a role's.
const MANIFEST: &str = r#"
[providers.params]
kind = "aws-ssm"
prefix = "/shop/prod/"
region = "eu-west-1"

[providers.vault]
kind = "aws-secrets"
prefix = "shop/"
region = "eu-west-1"

[providers.elsewhere]
kind = "aws-ssm"
region = "eu-west-2"
role_arn = "arn:aws:iam::@ACCOUNT@:role/reader"

[env]
A = "${params://a}"
B = "${params://nested/b?version=1}"
FALLBACKS = "${params://key?versions=2..3}"
ABSOLUTE = "${params:///other/name}"
THROUGH = "${params:///aws/reference/secretsmanager/through}"
ARN = "${aws-ssm://arn:aws:ssm:eu-west-1:@ACCOUNT@:parameter/by/arn}"
ONE = "${vault://one}"
TWO = "${vault://two}"
STAGED = "${vault://staged?stage=AWSPREVIOUS}"
LAST = "${vault://last?versions=1..2}"
LISTED = "${vault://listed?versions=2..3}"
FAR = "${elsewhere://far}"
TOKEN = "${aws-rds-token://shop.c9akciq32rgt.eu-west-1.rds.amazonaws.com:5432/shop_app}"
"#;

const CONTENT: &str = "\
ssm, vault = client('ssm'), client('secretsmanager')
for name in ['/shop/prod/a', '/shop/prod/nested/b', '/other/name', '/by/arn']:
    ssm.put_parameter(Name=name, Value='x', Type='SecureString')
for value in '1234':
    ssm.put_parameter(Name='/shop/prod/key', Value=value, Type='SecureString', Overwrite=True)
client('ssm', region_name='eu-west-2').put_parameter(Name='far', Value='x', Type='String')
for name in ['shop/one', 'shop/two', 'shop/staged', 'shop/last', 'shop/listed', 'through']:
    vault.create_secret(Name=name, SecretString='1')
for name in ['shop/staged', 'shop/last', 'shop/listed']:
    for value in '234':
        vault.put_secret_value(SecretId=name, SecretString=value)
";

/// What a call needs: an action on a resource.
type Need = (&'static str, String);

/// Who made a call, as the documents name identities.
fn caller(request: &Request) -> &'static str {
    let authorization = request.header("authorization").expect("a signed request");
    if authorization.contains("Credential=AKIA") {
        "environment"
    } else {
        "role"
    }
}

/// What AWS would look for in a policy.
fn needs(request: &Request, account: &str) -> Vec<Need> {
    let region = request.region().expect("a region");
    let names: Vec<&str> = match &request.names {
        Value::Array(names) => names.iter().map(|name| name.as_str().unwrap()).collect(),
        Value::String(name) => vec![name],
        _ => Vec::new(),
    };
    let parameter = |name: &&str| {
        if name.starts_with("arn:") {
            return (*name).to_owned();
        }
        // A version is no part of the resource.
        let name = name.split(':').next().unwrap().trim_start_matches('/');
        format!("arn:aws:ssm:{region}:{account}:parameter/{name}")
    };
    let secret =
        |name: &&str| format!("arn:aws:secretsmanager:{region}:{account}:secret:{name}-AbC4eF");
    let each = |action: &'static str, of: &dyn Fn(&&str) -> String| -> Vec<Need> {
        names.iter().map(|name| (action, of(name))).collect()
    };
    match request.operation.as_str() {
        "GetParameters" => {
            let mut all = each("ssm:GetParameters", &parameter);
            let through = names
                .iter()
                .filter_map(|name| name.strip_prefix("/aws/reference/secretsmanager/"));
            all.extend(through.map(|name| ("secretsmanager:GetSecretValue", secret(&name))));
            all
        }
        "GetSecretValue" => each("secretsmanager:GetSecretValue", &secret),
        "BatchGetSecretValue" => {
            let mut all = each("secretsmanager:GetSecretValue", &secret);
            all.push(("secretsmanager:BatchGetSecretValue", "*".to_owned()));
            all
        }
        "ListSecretVersionIds" => each("secretsmanager:ListSecretVersionIds", &secret),
        "AssumeRole" => vec![(
            "sts:AssumeRole",
            format!("arn:aws:iam::{account}:role/reader"),
        )],
        other => panic!("a call that no policy was thought of for: {other}"),
    }
}

/// As IAM reads a pattern.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => text
            .char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .any(|at| matches(&pattern[1..], &text[at..])),
        Some(c) => {
            let mut rest = text.chars();
            let have = rest.next();
            (c == '?' && have.is_some() || have == Some(c))
                && matches(&pattern[c.len_utf8()..], rest.as_str())
        }
    }
}

/// The statements of each identity: action, and a resource.
fn allowed(access: &Value) -> BTreeMap<&'static str, Vec<(String, String)>> {
    let mut all: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
    for document in access["documents"].as_array().unwrap() {
        let identity = document["identity"].as_str().unwrap();
        let who = if identity.starts_with("the role `") {
            "role"
        } else {
            assert_eq!(identity, "the identity that the environment logs in as");
            "environment"
        };
        for statement in document["document"]["Statement"].as_array().unwrap() {
            let action = statement["Action"].as_str().unwrap();
            for resource in statement["Resource"].as_array().unwrap() {
                let one = (action.to_owned(), resource.as_str().unwrap().to_owned());
                all.entry(who).or_default().push(one);
            }
        }
    }
    all
}

fn permissions(store: &Store, manifest: &str, more: &[&str]) -> Value {
    let project = Project::new(manifest);
    let arguments = [&["plan", "--iam", "--json"], more].concat();
    let outcome = store.run(&project, &arguments).output().code(0);
    let json: Value = serde_json::from_str(outcome.stdout()).unwrap();
    assert_eq!(json["access"].as_array().unwrap().len(), 1, "AWS alone");
    json["access"][0].clone()
}

#[test]
fn a_policy_allows_what_a_run_asks_for_and_nothing_else() {
    let store = Store::with(CONTENT, &[]);
    let account = store.account.id().to_owned();
    let manifest = MANIFEST.replace("@ACCOUNT@", &account);
    let access = permissions(&store, &manifest, &[]);
    assert_eq!(store.faults.total(), 0, "nothing is asked for a policy");
    let allowed = allowed(&access);

    let rendered = store.render(&manifest);
    let mut needed: Vec<(&str, Need)> = Vec::new();
    for request in store.faults.requests() {
        let needs = needs(&request, &account).into_iter();
        needed.extend(needs.map(|need| (caller(&request), need)));
    }
    // The token is signed here, and looked at when it is used.
    let token = rendered["TOKEN"].as_str().unwrap();
    assert!(token.contains("Action=connect&DBUser=shop_app&"), "{token}");
    let user = format!("arn:aws:rds-db:{REGION}:{account}:dbuser:db-ABCDEFGHIJKL01234/shop_app");
    needed.push(("environment", ("rds-db:connect", user)));

    for (who, (action, resource)) in &needed {
        assert!(
            allowed[who]
                .iter()
                .any(|(have, pattern)| have == action && matches(pattern, resource)),
            "{who} needs {action} on {resource}: {allowed:#?}"
        );
    }
    for (who, all) in &allowed {
        for (action, pattern) in all {
            assert!(
                needed.iter().any(|(have, (needed, resource))| have == who
                    && needed == action
                    && matches(pattern, resource)),
                "no call of {who} needs {action} on {pattern}"
            );
        }
    }
    for (who, action, resource) in [
        ("environment", "ssm:GetParameters", "parameter/shop/prod/ab"),
        ("environment", "ssm:GetParameters", "parameter/far"),
        ("role", "ssm:GetParameters", "parameter/shop/prod/a"),
    ] {
        for region in ["eu-west-1", "eu-west-2", "us-east-1"] {
            let resource = format!("arn:aws:ssm:{region}:{account}:{resource}");
            let is_allowed = allowed[who]
                .iter()
                .any(|(have, pattern)| have == action && matches(pattern, &resource));
            assert!(!is_allowed, "{who}: {action} on {resource}");
        }
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>, as far as a policy of an identity
/// goes: every block is one of the grammar's, stands once, and holds what the grammar says.
fn keeps_grammar(policy: &Value) {
    let policy = policy.as_object().unwrap();
    let blocks: Vec<&str> = policy.keys().map(String::as_str).collect();
    assert_eq!(blocks, ["Version", "Statement"]);
    assert_eq!(policy["Version"], "2012-10-17");
    let statements = policy["Statement"].as_array().unwrap();
    assert!(!statements.is_empty());
    let mut sids = Vec::new();
    for statement in statements {
        let statement = statement.as_object().unwrap();
        for (block, value) in statement {
            match block.as_str() {
                "Sid" => {
                    let sid = value.as_str().unwrap();
                    assert!(sid.bytes().all(|b| b.is_ascii_alphanumeric()), "{sid}");
                    sids.push(sid);
                }
                "Effect" => assert_eq!(value, "Allow"),
                "Action" => {
                    let (service, action) = value.as_str().unwrap().split_once(':').unwrap();
                    assert!(service.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
                    assert!(action.bytes().all(|b| b.is_ascii_alphanumeric()));
                }
                "Resource" => strings(value).into_iter().for_each(is_resource),
                "Condition" => {
                    for (operator, tests) in value.as_object().unwrap() {
                        assert_eq!(operator, "StringLike");
                        let tests = tests.as_object().unwrap();
                        assert!(!tests.is_empty());
                        for (key, values) in tests {
                            assert!(key.starts_with("kms:"), "{key}");
                            assert!(!strings(values).is_empty());
                        }
                    }
                }
                other => panic!("`{other}` is no block of a statement"),
            }
        }
        for block in ["Effect", "Action", "Resource"] {
            assert!(statement.contains_key(block), "{statement:?}");
        }
    }
    let count = sids.len();
    sids.sort_unstable();
    sids.dedup();
    assert_eq!(sids.len(), count, "each `Sid` stands once in a policy");
}

/// A string or a list of strings.
fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(one) => vec![one],
        Value::Array(all) => all.iter().map(|one| one.as_str().unwrap()).collect(),
        other => panic!("{other} is neither a string nor a list of them"),
    }
}

/// `*`, or an ARN of six parts.
fn is_resource(text: &str) {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    assert!(
        text == "*" || parts.len() == 6 && parts[0] == "arn",
        "{text}"
    );
}

/// moto reads policies as IAM does, and refuses what IAM refuses.
fn is_taken(store: &Store, name: &str, policy: &Value) -> Result<String, String> {
    let script = "client('iam').create_policy(PolicyName=sys.argv[1], PolicyDocument=sys.argv[2])";
    store
        .account
        .try_python(script, &[name, &policy.to_string()], &[])
}

#[test]
fn every_document_is_one_that_iam_takes() {
    let store = Store::new();
    let account = store.account.id();
    let many: Vec<String> = (0..200)
        .map(|n| format!("S{n} = \"${{vault://service-{n}/key}}\"\nP{n} = \"${{params://service-{n}/key}}\"\n"))
        .collect();
    let manifest = MANIFEST.replace("@ACCOUNT@", account) + &many.concat();
    let keys = [REGION, "eu-west-2"].map(|region| {
        format!("arn:aws:kms:{region}:{account}:key/1234abcd-12ab-34cd-56ef-1234567890ab")
    });
    let arguments = ["--kms-key", &keys[0], "--kms-key", &keys[1]];
    let access = permissions(&store, &manifest, &arguments);
    let documents = access["documents"].as_array().unwrap();
    assert!(documents.len() > 3, "one identity's comes in parts");
    for (place, document) in documents.iter().enumerate() {
        let policy = &document["document"];
        keeps_grammar(policy);
        assert!(policy.to_string().len() <= 6144);
        is_taken(&store, &format!("part-{place}"), policy).unwrap();
    }
    let decrypting: Vec<&Value> = documents
        .iter()
        .flat_map(|document| document["document"]["Statement"].as_array().unwrap())
        .filter(|statement| statement["Action"] == "kms:Decrypt")
        .collect();
    assert!(decrypting.len() >= 3);
    // The judge is one: it says no to what is none.
    let broken = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ssm:GetParameters"}]});
    assert!(is_taken(&store, "broken", &broken).is_err());
}
