//! Parameter Store: every kind of parameter and of name, in as few calls as there can be.

mod names;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::store::{Store, env};
use crate::support::{
    faults::{Rule, Then},
    project::Project,
};

const CALL: &str = "GetParameters";

/// `count` parameters `/shop/pN` with the values `value-N`, N of three digits.
fn many(count: usize) -> Store {
    Store::with(
        "ssm = client('ssm')\n\
         for n in range(int(sys.argv[1])):\n    \
             ssm.put_parameter(Name=f'/shop/p{n:03}', Value=f'value-{n:03}', Type='SecureString')",
        &[&count.to_string()],
    )
}

/// `[env]` with `P000`, `P001`, … out of the parameters of [`many`].
fn many_of_them(numbers: impl Iterator<Item = usize>) -> String {
    let entries: Vec<_> = numbers
        .map(|n| (format!("P{n:03}"), format!("${{aws-ssm:///shop/p{n:03}}}")))
        .collect();
    env(entries.iter().map(|(name, value)| (&**name, &**value)))
}

#[test]
fn every_kind_of_parameter_is_read() {
    let store = Store::with(
        "ssm = client('ssm')\n\
         def put(name, value, kind='SecureString', **more):\n    \
             ssm.put_parameter(Name=name, Value=value, Type=kind, **more)\n\
         put('/shop/text', 'pl\u{e4}in $HOME \"q\"', 'String')\n\
         put('/shop/secret', 's3cret\\nwith a line')\n\
         put('/shop/list', 'a,b,c', 'StringList')\n\
         put('bare.name', 'bare')\n\
         put('/shop/json', '{\"live\": {\"key\": \"sk-1\"}}')\n\
         for value in ('first', 'second', 'third'):\n    \
             put('/shop/versions', value, Overwrite=True)\n\
         ssm.label_parameter_version(Name='/shop/versions', ParameterVersion=2, Labels=['stable'])\n\
         client('secretsmanager').create_secret(Name='vault/db', SecretString='from the other store')",
        &[],
    );
    let arn = format!(
        "${{aws-ssm://arn:aws:ssm:eu-west-1:{}:parameter/shop/text}}",
        store.account.id()
    );
    let rendered = store.render(&env([
        ("TEXT", "${aws-ssm:///shop/text}"),
        ("SECRET", "${aws-ssm:///shop/secret}"),
        ("LIST", "${aws-ssm:///shop/list}"),
        ("BARE", "${aws-ssm://bare.name}"),
        ("FIELD", "${aws-ssm:///shop/json#/live/key}"),
        ("CURRENT", "${aws-ssm:///shop/versions}"),
        ("VERSION", "${aws-ssm:///shop/versions?version=1}"),
        ("LABEL", "${aws-ssm:///shop/versions?label=stable}"),
        ("ARN", &arn),
        (
            "REFERENCE",
            "${aws-ssm:///aws/reference/secretsmanager/vault/db}",
        ),
    ]));
    let expected = json!({
        "TEXT": "pl\u{e4}in $HOME \"q\"",
        "SECRET": "s3cret\nwith a line",
        "LIST": "a,b,c",
        "BARE": "bare",
        "FIELD": "sk-1",
        "CURRENT": "third",
        "VERSION": "first",
        "LABEL": "second",
        "ARN": "pl\u{e4}in $HOME \"q\"",
        "REFERENCE": "from the other store",
    });
    assert_eq!(Value::Object(rendered), expected);
}

#[test]
fn a_hundred_references_are_ten_calls_all_at_once() {
    let mut store = many(100);
    // Long enough for the last to be sent while the first waits, also on a busy machine.
    store.faults = store.faults.delay(Duration::from_millis(1500));
    let rendered = store.render(&many_of_them(0..100));
    assert_eq!(rendered.len(), 100);
    for (n, (name, value)) in rendered.iter().enumerate() {
        assert_eq!(
            (name, value),
            (&format!("P{n:03}"), &json!(format!("value-{n:03}")))
        );
    }
    assert_eq!((store.faults.count(CALL), store.faults.total()), (10, 10));
    assert_eq!(store.faults.most_in_flight(), 10);
    let asked = store.faults.names(CALL);
    let names: BTreeSet<&str> = asked
        .iter()
        .flat_map(|names| names.as_array().unwrap())
        .map(|name| name.as_str().unwrap())
        .collect();
    assert_eq!(names.len(), 100, "each name once");
}

#[test]
fn ten_references_are_one_call_and_eleven_are_two() {
    let store = many(11);
    for (count, calls) in [(10, 1), (11, 2), (1, 1)] {
        store.faults.forget();
        assert_eq!(store.render(&many_of_them(0..count)).len(), count);
        assert_eq!(
            (store.faults.count(CALL), store.faults.total()),
            (calls, calls),
            "{count}"
        );
    }
}

#[test]
fn the_same_reference_in_five_keys_is_fetched_once() {
    let store = many(1);
    let rendered = store.render(
        "[providers.secrets]\nkind = 'aws-ssm'\nprefix = '/shop/'\n\
         [databases.default]\nENGINE = 'postgresql'\nNAME = 'shop'\nPASSWORD = '${secrets://p000}'\n\
         [databases.reports]\nurl = 'postgres://u:${secrets://p000 | urlencode}@db/reports'\n\
         [env]\nA = '${secrets://p000}'\nB = 'x-${secrets://p000}'\nC = '${secrets://p000 | base64}'\n",
    );
    assert_eq!(rendered["DATABASES"]["default"]["PASSWORD"], "value-000");
    assert_eq!(rendered["DATABASES"]["reports"]["PASSWORD"], "value-000");
    assert_eq!(
        [&rendered["A"], &rendered["B"], &rendered["C"]],
        ["value-000", "x-value-000", "dmFsdWUtMDAw"]
    );
    assert_eq!(store.faults.names(CALL), [json!(["/shop/p000"])]);
    assert_eq!(store.faults.total(), 1);
}

/// AWS's answer says the bare name; which answer is for which reference must be known by other means.
#[test]
fn versions_of_one_parameter_and_its_arn_are_told_apart() {
    let store = Store::with(
        "ssm = client('ssm')\n\
         for value in ('first', 'second', 'third'):\n    \
             ssm.put_parameter(Name='/shop/db', Value=value, Type='String', Overwrite=True)\n\
         ssm.label_parameter_version(Name='/shop/db', ParameterVersion=2, Labels=['stable'])\n\
         ssm.put_parameter(Name='/other/db', Value='other', Type='String')\n\
         client('secretsmanager').create_secret(Name='shop/db', SecretString='of the other store')",
        &[],
    );
    let arn = format!(
        "aws-ssm://arn:aws:ssm:eu-west-1:{}:parameter/shop/db",
        store.account.id()
    );
    let rendered = store.render(&env([
        ("A", "${aws-ssm:///shop/db?version=2}"),
        ("B", "${aws-ssm:///shop/db}"),
        ("C", &format!("${{{arn}}}")),
        ("D", "${aws-ssm:///shop/db?version=1}"),
        ("E", &format!("${{{arn}?version=1}}")),
        ("F", "${aws-ssm:///shop/db?label=stable}"),
        ("G", "${aws-ssm:///other/db}"),
        ("H", &format!("${{{arn}?label=stable}}")),
        ("I", "${aws-ssm:///aws/reference/secretsmanager/shop/db}"),
    ]));
    let values: Vec<&Value> = rendered.values().collect();
    let expected = [
        "second",
        "third",
        "third",
        "first",
        "first",
        "second",
        "other",
        "second",
        "of the other store",
    ];
    assert_eq!(values, expected);
}

/// Moto leaves the selector out; AWS answers in any order, with the bare name and the selector beside it, and names what
/// it has not with its selector:
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Parameter.html>.
#[test]
fn answers_in_the_words_of_aws_are_put_in_their_places() {
    let store = Store::new();
    let answer = |name: &str, selector: Option<&str>, value: &str| {
        json!({"Name": name, "Selector": selector, "Value": value, "Type": "SecureString", "Version": 3,
               "ARN": format!("arn:aws:ssm:eu-west-1:123456789012:parameter/{}", name.trim_start_matches('/'))})
    };
    let answers = json!({
        "Parameters": [
            answer("/aws/reference/secretsmanager/shop", None, "from the other store"),
            answer("bare", None, "bare"),
            answer("/shop/b", Some(":stable"), "second"),
            answer("/shop/a", Some(":3"), "third"),
        ],
        "InvalidParameters": ["/shop/c:9", "/shop/none"],
    });
    store
        .faults
        .script([Rule::on(CALL, Then::Answer(answers.to_string()))]);
    let rendered = store.render(&env([
        ("A", "${aws-ssm:///shop/a?version=3}"),
        ("NONE", "${aws-ssm:///shop/none:-no such name}"),
        ("B", "${aws-ssm:///shop/b?label=stable}"),
        ("C", "${aws-ssm:///shop/c?version=9:-no such version}"),
        ("BARE", "${aws-ssm://bare}"),
        ("SECRET", "${aws-ssm:///aws/reference/secretsmanager/shop}"),
    ]));
    let expected = json!({
        "A": "third", "NONE": "no such name", "B": "second", "C": "no such version", "BARE": "bare",
        "SECRET": "from the other store",
    });
    assert_eq!(Value::Object(rendered), expected);
    assert_eq!(store.faults.total(), 1);
}

#[test]
fn references_of_two_regions_are_two_batches() {
    let store = Store::with(
        "for region in ('eu-west-1', 'eu-central-1', 'us-east-1'):\n    \
             ssm = client('ssm', region_name=region)\n    \
             for n in range(10):\n        \
                 ssm.put_parameter(Name=f'/shop/p{n:03}', Value=f'{region}-{n}', Type='String')",
        &[],
    );
    let id = store.account.id().to_owned();
    let by_option = |n: usize| format!("${{aws-ssm:///shop/p{n:03}?region=eu-central-1}}");
    let by_arn =
        |n: usize| format!("${{aws-ssm://arn:aws:ssm:us-east-1:{id}:parameter/shop/p{n:03}}}");
    let kinds: [(&str, &dyn Fn(usize) -> String); 2] =
        [("eu-central-1", &by_option), ("us-east-1", &by_arn)];
    for (region, reference) in kinds {
        store.faults.forget();
        let entries: Vec<(String, String)> = (0..10)
            .flat_map(|n| {
                let here = format!("${{aws-ssm:///shop/p{n:03}}}");
                [
                    (format!("HERE{n}"), here),
                    (format!("THERE{n}"), reference(n)),
                ]
            })
            .collect();
        let rendered = store.render(&env(entries.iter().map(|(a, b)| (&**a, &**b))));
        for n in 0..10 {
            assert_eq!(rendered[&format!("HERE{n}")], format!("eu-west-1-{n}"));
            assert_eq!(rendered[&format!("THERE{n}")], format!("{region}-{n}"));
        }
        assert_eq!(
            (store.faults.count(CALL), store.faults.total()),
            (2, 2),
            "{region}"
        );
        let mut scopes: Vec<String> = store
            .faults
            .requests()
            .iter()
            .map(|request| request.header("authorization").unwrap().to_owned())
            .filter_map(|signed| signed.split('/').nth(2).map(str::to_owned))
            .collect();
        scopes.sort();
        let mut both = [region, "eu-west-1"];
        both.sort_unstable();
        assert_eq!(scopes, both, "each is signed for its own region");
    }
}

#[test]
fn a_prefix_completes_what_is_not_absolute() {
    let store = Store::with(
        "ssm = client('ssm')\n\
         for name in ('/shop/prod/db', '/shop/prod/stripe/key', '/shared/db', 'shop-db', 'db'):\n    \
             ssm.put_parameter(Name=name, Value='at ' + name, Type='String')",
        &[],
    );
    let rendered = store.render(&format!(
        "[providers.open]\nkind = 'aws-ssm'\nprefix = '/shop/prod'\n\
         [providers.closed]\nkind = 'aws-ssm'\nprefix = '/shop/prod/'\n\
         [providers.flat]\nkind = 'aws-ssm'\nprefix = 'shop-'\n\
         [providers.none]\nkind = 'aws-ssm'\n{}",
        env([
            ("OPEN", "${open://db}"),
            ("DEEP", "${open://stripe/key}"),
            ("CLOSED", "${closed://db}"),
            ("ABSOLUTE", "${closed:///shared/db}"),
            ("FLAT", "${flat://db}"),
            ("NONE", "${none://db}"),
        ])
    ));
    let values: Vec<&Value> = rendered.values().collect();
    let expected = [
        "at /shop/prod/db",
        "at /shop/prod/stripe/key",
        "at /shop/prod/db",
        "at /shared/db",
        "at shop-db",
        "at db",
    ];
    assert_eq!(values, expected);
}

#[test]
fn variables_that_are_references_need_no_manifest() {
    let store = many(12);
    let project = Project::empty();
    let mut run = store.run(&project, &["exec", "--from-env", "--", "env"]);
    for n in 0..12 {
        run = run.env(format!("P{n:03}"), format!("aws-ssm:///shop/p{n:03}"));
    }
    let outcome = run
        .env("BESIDE", "see aws-ssm:///shop/p000")
        .env("AWS_SESSION_TOKEN", "session-marker-8c1d")
        .output()
        .code(0)
        .silent_about(&["aws-secret-key-marker-51d2", "session-marker-8c1d"]);
    let lines: BTreeSet<&str> = outcome.stdout().lines().collect();
    for n in 0..12 {
        assert!(
            lines.contains(&*format!("P{n:03}=value-{n:03}")),
            "{lines:#?}"
        );
    }
    assert!(lines.contains("BESIDE=see aws-ssm:///shop/p000"));
    assert!(lines.contains("AWS_REGION=eu-west-1"), "{lines:#?}");
    let kept_back = [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
    ];
    let is_kept_back = |line: &&&str| kept_back.iter().any(|name| line.starts_with(name));
    assert_eq!(lines.iter().find(is_kept_back), None);
    assert_eq!(store.faults.count(CALL), 2);
}

/// vals, ARNs and CloudFormation name the parameters that are there; an ARN of something else is no reference.
#[test]
fn variables_in_other_tools_words_are_read() {
    let store = many(5);
    let project = Project::empty();
    let arn = format!(
        "arn:aws:ssm:eu-west-1:{}:parameter/shop",
        store.account.id()
    );
    let given = [
        ("VALS", "ref+awsssm://shop/p000".to_owned(), "value-000"),
        (
            "BELOW",
            "secretref+awsssm://shop#/p001".to_owned(),
            "value-001",
        ),
        ("ARN", format!("{arn}/p002"), "value-002"),
        ("VERSION", format!("{arn}/p003:1"), "value-003"),
        (
            "RESOLVE",
            "{{resolve:ssm-secure:/shop/p004:1}}".to_owned(),
            "value-004",
        ),
        (
            "ROLE",
            "arn:aws:iam::123456789012:role/shop".to_owned(),
            "arn:aws:iam::123456789012:role/shop",
        ),
    ];
    let mut run = store.run(&project, &["exec", "--from-env", "--", "env"]);
    for (name, value, _) in &given {
        run = run.env(*name, value);
    }
    let outcome = run.output().code(0);
    let lines: BTreeSet<&str> = outcome.stdout().lines().collect();
    for (name, _, expected) in given {
        assert!(lines.contains(&*format!("{name}={expected}")), "{lines:#?}");
    }
}
