//! `aws-rds-token`: the token that boto3 would have signed at the same moment, with nothing asked of anybody.

use std::time::{Duration, SystemTime};

use nuages::registry::Registry;
use nuages_provider::{Environment, Reference, Settings};

use crate::shot::shot;
use crate::store::{Store, env};
use crate::support::{
    faults::{Rule, Then},
    moto::Account,
    project::Project,
};

/// boto3's token for this place, user and region, its clock held at the moment of ours.
fn by_boto3(
    account: &Account,
    place: &str,
    user: &str,
    region: &str,
    moment: &str,
    login: &[(&str, &str)],
) -> String {
    let (host, port) = place.split_once(':').unwrap();
    let script = "import datetime, botocore.auth, botocore.compat\n\
         host, port, user, region, moment = sys.argv[1:]\n\
         def clock(remove_tzinfo=True):\n    \
             now = datetime.datetime.strptime(moment, '%Y%m%dT%H%M%SZ')\n    \
             return now if remove_tzinfo else now.replace(tzinfo=datetime.timezone.utc)\n\
         botocore.auth.get_current_datetime = botocore.compat.get_current_datetime = clock\n\
         rds = boto3.client('rds', region_name=region)\n\
         print(rds.generate_db_auth_token(DBHostname=host, Port=int(port), DBUsername=user, Region=region))";
    let said = account.try_python(script, &[host, port, user, region, moment], login);
    said.unwrap().trim_end().to_owned()
}

/// `X-Amz-Date` of a token.
fn moment(token: &str) -> &str {
    let (_, rest) = token.split_once("&X-Amz-Date=").expect("a moment");
    rest.split('&').next().unwrap()
}

/// Runs `nuages get` with this login and holds what it says to boto3's token.
#[track_caller]
fn holds(
    store: &Store,
    manifest: &str,
    reference: &str,
    expected: (&str, &str, &str),
    login: &[(&str, &str)],
) {
    let project = Project::new(manifest);
    let mut run = store.run(&project, &["get", reference]);
    for (name, value) in login {
        run = run.env(name, value);
    }
    let outcome = run.output().code(0);
    assert_eq!(outcome.stderr(), "");
    let ours = outcome.stdout();
    let (place, user, region) = expected;
    let theirs = by_boto3(&store.account, place, user, region, moment(ours), login);
    assert_eq!(ours, theirs, "{reference}");
}

const HOST: &str = "shop.c9akciq32rgt.eu-central-1.rds.amazonaws.com";
const SESSION: (&str, &str) = ("AWS_SESSION_TOKEN", "FwoGZXIvYXdzE+/=x");

#[test]
fn a_token_is_boto3s_with_and_without_a_session() {
    let store = Store::new();
    let reference = format!("aws-rds-token://{HOST}:5432/shop_app");
    let place = format!("{HOST}:5432");
    for login in [&[][..], &[SESSION]] {
        let expected = (&*place, "shop_app", "eu-central-1");
        holds(&store, "", &reference, expected, login);
    }
    assert_eq!(store.faults.total(), 0, "nothing is asked");
}

#[test]
fn users_may_have_any_name() {
    let store = Store::new();
    for (written, user) in [
        ("shop app", "shop app"),
        ("a+b@c.example", "a+b@c.example"),
        ("J\u{f6}rg~-._", "J\u{f6}rg~-._"),
        ("a/b:c&d=e", "a/b:c&d=e"),
        ("50%25%3F%23%7C%7D", "50%?#|}"),
        ("\"$'*(){,;", "\"$'*(){,;"),
    ] {
        let reference = format!("aws-rds-token://{HOST}:3306/{written}");
        let place = format!("{HOST}:3306");
        holds(&store, "", &reference, (&place, user, "eu-central-1"), &[]);
    }
}

/// The reference's own, then the host's, then the instance's, then the environment's.
#[test]
fn the_region_is_the_nearest_that_is_said() {
    let store = Store::new();
    let manifest = "[providers.token]\nkind = 'aws-rds-token'\nregion = 'ap-south-1'\n";
    let own = format!("{HOST}:5432");
    let china = "shop.x.cn-north-1.rds.amazonaws.com.cn:5432";
    for (scheme, place, option, region) in [
        ("token", &*own, "?region=us-east-2", "us-east-2"),
        ("token", &own, "", "eu-central-1"),
        ("token", china, "", "cn-north-1"),
        (
            "token",
            "db.example.org:5432",
            "?region=us-east-2",
            "us-east-2",
        ),
        ("token", "db.example.org:5432", "", "ap-south-1"),
        ("aws-rds-token", "db.example.org:5432", "", "eu-west-1"),
    ] {
        let reference = format!("{scheme}://{place}/shop{option}");
        holds(&store, manifest, &reference, (place, "shop", region), &[]);
    }
}

/// STS's answer is made up, since nobody but who assumes the role knows the secret key that signs.
#[test]
fn a_role_signs_with_its_own_credentials() {
    let store = Store::new();
    let role = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
        <Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret-marker-0f3b</SecretAccessKey>\
        <SessionToken>role+token/==</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
        </AssumeRoleResult></AssumeRoleResponse>";
    store
        .faults
        .script([Rule::on("AssumeRole", Then::Answer(role.to_owned()))]);
    let manifest = "[providers.token]\nkind = 'aws-rds-token'\nrole_arn = 'arn:aws:iam::123456789012:role/shop'\n";
    let project = Project::new(manifest);
    let reference = format!("token://{HOST}:5432/shop");
    let outcome = store.run(&project, &["get", &reference]).output().code(0);
    let ours = outcome.stdout();
    let theirs = by_boto3(
        &store.account,
        &format!("{HOST}:5432"),
        "shop",
        "eu-central-1",
        moment(ours),
        &[
            ("AWS_ACCESS_KEY_ID", "ASIAROLE"),
            ("AWS_SECRET_ACCESS_KEY", "role-secret-marker-0f3b"),
            ("AWS_SESSION_TOKEN", "role+token/=="),
        ],
    );
    assert_eq!(ours, theirs);
    assert_eq!(
        (store.faults.count("AssumeRole"), store.faults.total()),
        (1, 1)
    );
}

#[test]
fn a_token_is_a_databases_password() {
    let store = Store::new();
    let rendered = store.render(&format!(
        "[databases.default]\nENGINE = 'postgresql'\nNAME = 'shop'\nUSER = 'shop'\nHOST = '{HOST}'\nPORT = 5432\n\
         PASSWORD = '${{aws-rds-token://{HOST}:5432/shop}}'\n\
         [databases.reports]\nENGINE = 'postgresql'\nNAME = 'r'\nPASSWORD = '${{aws-rds-token://{HOST}:5432/reports}}'\n"
    ));
    for (alias, user) in [("default", "shop"), ("reports", "reports")] {
        let ours = rendered["DATABASES"][alias]["PASSWORD"].as_str().unwrap();
        let place = format!("{HOST}:5432");
        let theirs = by_boto3(
            &store.account,
            &place,
            user,
            "eu-central-1",
            moment(ours),
            &[],
        );
        assert_eq!(ours, theirs);
    }
}

#[test]
fn what_cannot_be_signed_is_told_before_anything_is_done() {
    let store = Store::new();
    let project = Project::new(&env([
        ("A", "${aws-rds-token://db.example.org:5432}"),
        ("B", "${aws-rds-token://db.example.org/shop}"),
        ("C", "${aws-rds-token://db.example.org:0/shop}"),
        ("D", "${aws-rds-token://db_1.example.org:5432/shop}"),
        (
            "E",
            "${aws-rds-token://db.example.org:5432/shop?region=nowhere}",
        ),
        ("F", "${aws-rds-token://https://db.example.org:5432/shop}"),
    ]));
    let outcome = store.run(&project, &["render", "json"]).output().code(3);
    shot("rds_token_names", &project, &outcome, &[]);
}

#[test]
fn without_a_region_nothing_is_signed() {
    let store = Store::new();
    let project = Project::new(&env([("A", "${aws-rds-token://db.example.org:5432/shop}")]));
    let run = store.run(&project, &["render", "json"]);
    let run = run.env("AWS_REGION", "").env("AWS_DEFAULT_REGION", "");
    shot("rds_token_no_region", &project, &run.output().code(4), &[]);
}

/// The contract of providers, for one that nothing can be missing from.
#[test]
fn the_contract_is_held() {
    let registry = Registry::builtin();
    let descriptor = registry.iter().find(|one| one.scheme == "aws-rds-token");
    let descriptor = descriptor.unwrap();
    assert!(descriptor.capabilities.expiring && !descriptor.capabilities.writable);
    let variables = [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret-marker-77aa"),
        ("AWS_REGION", "eu-west-1"),
    ];
    let variables = variables.map(|(name, value)| (name.into(), value.into()));
    let environment = Environment::new(variables, "/");
    let users = ["a", "b", "c d"];
    let locators = users.map(|user| {
        let reference = Reference::new("aws-rds-token", format!("{HOST}:5432/{user}"));
        let locator = (descriptor.parse)(&reference).unwrap();
        assert_eq!(
            locator,
            (descriptor.parse)(&reference).unwrap(),
            "`parse` is pure"
        );
        locator
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let provider = (descriptor.open)(Settings::new(), environment)
            .await
            .unwrap();
        assert!(provider.fetch(&[]).await.is_empty());
        assert!(provider.writer().is_none());
        let before = SystemTime::now();
        let answers = provider.fetch(&locators).await;
        assert_eq!(answers.len(), users.len());
        let shown = format!("{answers:?}");
        assert!(
            !shown.contains("X-Amz") && !shown.contains("secret-marker"),
            "{shown}"
        );
        for (answer, user) in answers.into_iter().zip(["a", "b", "c%20d"]) {
            let secret = answer.unwrap();
            #[expect(clippy::disallowed_methods, reason = "the test compares the value")]
            let token = secret.value.expose_text().unwrap();
            assert!(
                token.contains(&format!("&DBUser={user}&")),
                "in the order asked"
            );
            let life = secret.expires.unwrap().duration_since(before).unwrap();
            let quarter = Duration::from_mins(15);
            assert!(
                life >= quarter && life < quarter + Duration::from_secs(30),
                "{life:?}"
            );
        }
    });
}
