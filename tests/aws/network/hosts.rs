//! Endpoints by the SDK's own switches, and hosts that credentials do not travel to.

use super::{BOTH, Cloud, EXEC, Project, fails};

/// The hosts that are asked for [`BOTH`] in this region with these variables.
fn asked(
    region: &str,
    variables: &[(&str, &str)],
    project: &Project,
    certificate: &[&str],
) -> Vec<String> {
    let cloud = Cloud::mute(certificate);
    let run = cloud.run(project, &EXEC).env("AWS_REGION", region);
    let run = variables
        .iter()
        .fold(run, |run, (name, value)| run.env(name, value));
    run.output().code(4);
    // Whoever is asked is sent the request, signed for the region.
    let requests = cloud.store.faults.requests();
    assert_eq!(requests.len(), cloud.hosts().len(), "{:?}", cloud.hosts());
    for request in requests {
        if let Some(signed) = request.region() {
            assert_eq!(signed, region);
        }
    }
    cloud.hosts()
}

#[test]
fn each_partition_has_its_hosts() {
    let project = Project::new(BOTH);
    for (region, domain) in [
        ("eu-west-1", "eu-west-1.amazonaws.com"),
        ("us-gov-west-1", "us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "cn-north-1.amazonaws.com.cn"),
        ("eusc-de-east-1", "eusc-de-east-1.amazonaws.eu"),
    ] {
        let wanted = [
            format!("secretsmanager.{domain}:443"),
            format!("ssm.{domain}:443"),
        ];
        let certificate = format!("*.{domain}");
        assert_eq!(asked(region, &[], &project, &[&certificate]), wanted);
    }
}

#[test]
fn fips_and_dual_stack_are_switched_as_everywhere_in_aws() {
    let fips = ("AWS_USE_FIPS_ENDPOINT", "true");
    let dual = ("AWS_USE_DUALSTACK_ENDPOINT", "true");
    let project = Project::new(BOTH);
    // The hosts of Secrets Manager have addresses of both kinds under their one name.
    for (variables, hosts) in [
        (
            &[fips][..],
            [
                "secretsmanager-fips.us-east-1.amazonaws.com",
                "ssm-fips.us-east-1.amazonaws.com",
            ],
        ),
        (
            &[dual],
            [
                "secretsmanager.us-east-1.amazonaws.com",
                "ssm.us-east-1.api.aws",
            ],
        ),
        (
            &[fips, dual],
            [
                "secretsmanager-fips.us-east-1.amazonaws.com",
                "ssm-fips.us-east-1.api.aws",
            ],
        ),
    ] {
        let wanted = hosts.map(|host| format!("{host}:443"));
        assert_eq!(asked("us-east-1", variables, &project, &hosts), wanted);
    }
}

#[test]
fn a_profile_has_the_same_switches() {
    let hosts = [
        "secretsmanager-fips.us-east-1.amazonaws.com",
        "ssm-fips.us-east-1.amazonaws.com",
    ];
    let wanted = hosts.map(|host| format!("{host}:443"));
    let project = Project::new(BOTH).file(
        ".aws/config",
        "[default]\nuse_fips_endpoint = true\n\n[profile shop]\nuse_fips_endpoint = true\n",
    );
    assert_eq!(asked("us-east-1", &[], &project, &hosts), wanted);

    // Of the profile that the manifest names, for the role as well.
    let keys = "[shop]\naws_access_key_id = AKIA100000000000TEST\naws_secret_access_key = x\n";
    let config = "[profile shop]\nuse_fips_endpoint = true\n";
    let project = Project::new(
        "[providers.one]\nkind = \"aws-ssm\"\nprofile = \"shop\"\n\n\
         [providers.two]\nkind = \"aws-ssm\"\nprofile = \"shop\"\nrole_arn = \"arn:aws:iam::123456789012:role/shop\"\n\n\
         [env]\nA = \"${one:///shop/a}\"\nB = \"${two:///shop/a}\"\n",
    )
    .file(".aws/config", config)
    .file(".aws/credentials", keys);
    let hosts = [
        "ssm-fips.us-east-1.amazonaws.com",
        "sts-fips.us-east-1.amazonaws.com",
    ];
    let wanted = hosts.map(|host| format!("{host}:443"));
    assert_eq!(asked("us-east-1", &[], &project, &hosts), wanted);
}

#[test]
fn logging_in_keeps_to_fips_too() {
    let fips = ("AWS_USE_FIPS_ENDPOINT", "true");
    let hosts = ["sts-fips.us-east-1.amazonaws.com"];
    let project = Project::new(
        "[providers.secrets]\nkind = \"aws-ssm\"\nrole_arn = \"arn:aws:iam::123456789012:role/shop\"\n\n\
         [env]\nA = \"${secrets:///shop/a}\"\n",
    )
    .file("token", "x");
    let wanted = ["sts-fips.us-east-1.amazonaws.com:443"];
    assert_eq!(asked("us-east-1", &[fips], &project, &hosts), wanted);

    project.write("nuages.toml", "[env]\nA = \"${aws-ssm:///shop/a}\"\n");
    let token = project.path("token");
    let pod = [
        fips,
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap()),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/shop"),
    ];
    assert_eq!(asked("us-east-1", &pod, &project, &hosts), wanted);
}

#[test]
fn an_endpoint_of_one_service_is_for_that_service() {
    let endpoint = "https://vpce-0a1b.ssm.eu-west-1.vpce.amazonaws.com";
    let certificate = [
        "*.eu-west-1.amazonaws.com",
        "*.ssm.eu-west-1.vpce.amazonaws.com",
    ];
    let wanted = [
        "secretsmanager.eu-west-1.amazonaws.com:443",
        "vpce-0a1b.ssm.eu-west-1.vpce.amazonaws.com:443",
    ];
    let project = Project::new(BOTH);
    let variable = [("AWS_ENDPOINT_URL_SSM", endpoint)];
    assert_eq!(
        asked("eu-west-1", &variable, &project, &certificate),
        wanted
    );

    let services = format!(
        "[default]\nservices = shop\n\n[services shop]\nssm =\n  endpoint_url = {endpoint}\n"
    );
    let project = Project::new(BOTH).file(".aws/config", services);
    assert_eq!(asked("eu-west-1", &[], &project, &certificate), wanted);
}

#[test]
fn the_manifests_endpoint_goes_before_the_environments() {
    let project = Project::new(
        "[providers.one]\nkind = \"aws-ssm\"\nendpoint = \"https://ssm.shop.example:8443\"\n\n\
         [providers.two]\nkind = \"aws-secrets\"\nendpoint = \"https://vault.shop.example\"\n\n\
         [env]\nA = \"${one:///shop/a}\"\nB = \"${two://shop}\"\n",
    );
    let others = [
        (
            "AWS_ENDPOINT_URL",
            "https://vpce-1.eu-west-1.vpce.amazonaws.com",
        ),
        (
            "AWS_ENDPOINT_URL_SSM",
            "https://vpce-2.eu-west-1.vpce.amazonaws.com",
        ),
        (
            "AWS_ENDPOINT_URL_SECRETS_MANAGER",
            "https://vpce-3.eu-west-1.vpce.amazonaws.com",
        ),
    ];
    let hosts = asked("eu-west-1", &others, &project, &["*.shop.example"]);
    assert_eq!(hosts, ["ssm.shop.example:8443", "vault.shop.example:443"]);
}

#[test]
fn a_variable_that_is_no_url_is_told() {
    let project = Project::new("[env]\nA = \"${aws-ssm:///shop/a}\"\n");
    for (variable, url) in [
        ("AWS_ENDPOINT_URL", ""),
        ("AWS_ENDPOINT_URL", "localhost:4566"),
        ("AWS_ENDPOINT_URL", "https://"),
        ("AWS_ENDPOINT_URL_SSM", "ftp://127.0.0.1"),
        // A login in it would show wherever the host does.
        ("AWS_ENDPOINT_URL", "https://user:hunter2@ssm.shop.example"),
    ] {
        let cloud = Cloud::mute(&[]);
        let run = cloud.run(&project, &EXEC).env("AWS_REGION", "eu-west-1");
        let outcome = run.env(variable, url).output().code(4);
        let told = format!("`{variable}` in the environment is no URL of a host");
        assert!(outcome.stderr().contains(&told), "{}", outcome.stderr());
        let _ = outcome.silent_about(&["hunter2"]);
        assert_eq!(cloud.proxy.asked(), []);
    }
}

#[test]
fn credentials_do_not_travel_to_anybody_else() {
    let role = "[providers.secrets]\nkind = \"aws-ssm\"\nrole_arn = \"arn:aws:iam::123456789012:role/shop\"\n\n\
                [env]\nA = \"${secrets:///shop/a}\"\n";
    for (name, manifest, variable, url) in [
        (
            "elsewhere",
            BOTH,
            "AWS_ENDPOINT_URL",
            "https://collector.example",
        ),
        (
            "alike",
            BOTH,
            "AWS_ENDPOINT_URL",
            "https://ssm.eu-west-1.amazonaws.com.example",
        ),
        (
            "login_elsewhere",
            role,
            "AWS_ENDPOINT_URL_STS",
            "https://collector.example",
        ),
        (
            "without_tls",
            BOTH,
            "AWS_ENDPOINT_URL",
            "http://ssm.eu-west-1.amazonaws.com",
        ),
        (
            "elsewhere_without_tls",
            BOTH,
            "AWS_ENDPOINT_URL",
            "http://collector.example",
        ),
    ] {
        let cloud = Cloud::mute(&["*.example"]);
        let project = Project::new(manifest);
        let run = cloud.run(&project, &EXEC).env(variable, url);
        let outcome = fails(name, &project, run);
        let because = if url.starts_with("https") {
            "is not a host to send credentials to"
        } else {
            "would be asked without TLS"
        };
        assert!(outcome.stderr().contains(because), "{name}");
        assert_eq!(cloud.proxy.asked(), [], "{name}");
    }
}
