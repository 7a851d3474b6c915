//! Tokens that cannot work, and references that cannot be.

use std::time::Duration;

use nuages_fakecloud::FakeCloud;

use super::fails;
use crate::cloud::{env, made};

#[test]
fn a_token_for_another_resource_is_told() {
    let cloud = FakeCloud::start();
    cloud.token_audience(Some("https://management.azure.com"));
    let variables = cloud.environment_app_service();
    fails(
        &cloud,
        &variables,
        "audience",
        &env([("A", "${entra://azure-sql}")]),
        4,
    );
    made(&cloud, &[("msi.token", 1)]);
}

#[test]
fn a_token_that_has_expired_is_told() {
    let cloud = FakeCloud::start();
    cloud.token_shift(-3 * 3600 - 600);
    let variables = cloud.environment_app_service();
    fails(
        &cloud,
        &variables,
        "expired",
        &env([("A", "${entra://azure-sql}")]),
        4,
    );
}

#[test]
fn a_token_that_is_not_valid_yet_is_told() {
    let cloud = FakeCloud::start();
    cloud.token_shift(3 * 3600 + 1800);
    let variables = cloud.environment_app_service();
    fails(
        &cloud,
        &variables,
        "early",
        &env([("A", "${entra://azure-sql}")]),
        4,
    );
}

/// Both clocks are as they are; the tokens say how far they are apart.
#[test]
fn a_clock_that_is_far_off_is_told() {
    let cloud = FakeCloud::start();
    cloud.clock_offset(3 * 3600 + 1800);
    let variables = cloud.environment_client_secret();
    fails(
        &cloud,
        &variables,
        "early",
        &env([("A", "${entra://azure-sql}")]),
        4,
    );
    cloud.clock_offset(-3 * 3600 - 600);
    cloud.token_life(Duration::from_hours(1));
    fails(
        &cloud,
        &variables,
        "clock",
        &env([("A", "${entra://azure-sql}")]),
        4,
    );
}

#[test]
fn references_that_cannot_be_are_told_before_anything_is_asked() {
    let cloud = FakeCloud::start();
    let variables = cloud.environment_client_secret();
    let manifest = env([
        ("A", "${entra://mssql}"),
        ("B", "${entra://postgres}"),
        ("C", "${entra://mariadb}"),
        ("D", "${entra://oracle}"),
        ("E", "${entra://http://shop.example}"),
        ("F", "${entra://https://}"),
        ("G", "${entra://https://user@shop.example}"),
        ("H", "${entra://azure-sql?tenant=../x}"),
        ("I", "${entra://azure-sql?client_id=a/b}"),
        ("J", "${entra://azure-sql#password}"),
        ("K", "${entra://azure-sql?clientid=x}"),
        ("L", "${entra://}"),
        ("M", "${entra://azure-sql?version=1}"),
    ]);
    fails(&cloud, &variables, "names", &manifest, 3);
    assert_eq!(cloud.requests(), []);
    assert_eq!(cloud.connections(), 0);
}

#[test]
fn a_resource_that_nobody_knows_is_told() {
    let cloud = FakeCloud::start();
    let manifest = env([
        ("A", "${entra://https://elsewhere.example:-a default}"),
        ("B", "${entra://azure-sql}"),
    ]);
    fails(
        &cloud,
        &cloud.environment_client_secret(),
        "unknown_resource",
        &manifest,
        4,
    );
    made(&cloud, &[("entra.token", 2)]);
    fails(
        &cloud,
        &cloud.environment_app_service(),
        "unknown_resource_managed",
        &manifest,
        4,
    );
}
