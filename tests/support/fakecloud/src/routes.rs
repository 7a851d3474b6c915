//! Which service a request is for, by its host and path, and that service's answer, unless a script has another.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;

use crate::books::Seen;
use crate::clock;
use crate::exchange::{Answer, Ask};
use crate::world::Shared;
use crate::{entra, identity, lock, oidc, random, vault};

enum Route {
    Vault,
    Token(String),
    Instance,
    Configuration(String),
    Keys,
    AppService,
    Machine,
    Pipelines,
    GitHub,
    Nowhere,
}

/// A vault answers at its own host only, everything else at its real hosts and at this machine's.
fn route(shared: &Shared, ask: &Ask) -> Route {
    if lock(&shared.world).vaults.contains_key(&ask.host) {
        return Route::Vault;
    }
    let at = |real: bool| real || ask.is_local();
    let login = at(entra::is_login(&ask.host));
    let segments = ask.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (ask.method.as_str(), segments.as_slice()) {
        ("POST", [tenant, "oauth2", "v2.0", "token"]) if login => {
            Route::Token((*tenant).to_owned())
        }
        ("GET", ["common", "discovery", "instance"]) if login => Route::Instance,
        ("GET", [tenant, "v2.0", ".well-known", "openid-configuration"]) if login => {
            Route::Configuration((*tenant).to_owned())
        }
        ("GET", [_, "discovery", "v2.0", "keys"]) if login => Route::Keys,
        ("GET", ["msi", "token"]) if ask.is_local() => Route::AppService,
        ("GET", ["metadata", "identity", "oauth2", "token"])
            if at(ask.host == "169.254.169.254") =>
        {
            Route::Machine
        }
        (
            "POST",
            [
                ..,
                "_apis",
                "distributedtask",
                "hubs",
                _,
                "plans",
                _,
                "jobs",
                _,
                "oidctoken",
            ],
        ) if at(ask.host == "dev.azure.com" || ask.host.ends_with(".visualstudio.com")) => {
            Route::Pipelines
        }
        ("GET", [.., "idtoken"]) if at(ask.host.ends_with(".actions.githubusercontent.com")) => {
            Route::GitHub
        }
        _ => Route::Nowhere,
    }
}

/// The answer to a request, which is written down, once it is time for it.
pub(crate) async fn respond(shared: &Shared, ask: &Ask) -> Answer {
    let (operation, answer, late) = decide(shared, ask);
    let wait = Duration::from_millis(shared.latency.load(Ordering::Relaxed)) + late;
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    shared.books.write(Seen::new(ask, operation, answer.status));
    answer.header("date", clock::http_date(shared.clock.now()))
}

fn decide(shared: &Shared, ask: &Ask) -> (&'static str, Answer, Duration) {
    let route = route(shared, ask);
    let refusal = match route {
        Route::Vault => vault::guard(shared, ask).err(),
        _ => None,
    };
    let operation = match (&route, &refusal) {
        (Route::Vault, Some(_)) => "vault.challenge",
        (Route::Vault, None) => vault::operation(ask),
        (Route::Token(_), _) => "entra.token",
        (Route::Instance, _) => "discovery.instance",
        (Route::Configuration(_), _) => "discovery.configuration",
        (Route::Keys, _) => "discovery.keys",
        (Route::AppService, _) => "msi.token",
        (Route::Machine, _) => "imds.token",
        (Route::Pipelines, _) => "pipelines.oidc",
        (Route::GitHub, _) => "github.oidc",
        (Route::Nowhere, _) => "unknown",
    };
    let scripted = lock(&shared.world).scripts.take(operation, ask);
    if let Some((answer, late)) = scripted {
        return (operation, answer, late);
    }
    let answer = refusal.unwrap_or_else(|| match route {
        Route::Vault => vault::answer(shared, ask, operation),
        Route::Token(tenant) => entra::token(shared, ask, &tenant),
        Route::Instance => entra::instance(ask),
        Route::Configuration(tenant) => entra::configuration(shared, ask, &tenant),
        Route::Keys => entra::keys(shared),
        Route::AppService => identity::app_service(shared, ask),
        Route::Machine => identity::machine(shared, ask),
        Route::Pipelines => oidc::pipelines(shared, ask),
        Route::GitHub => oidc::github(shared, ask),
        Route::Nowhere => Answer::json(
            404,
            &json!({ "error": format!("the fake cloud has nothing at {}{}", ask.host, ask.path) }),
        ),
    });
    let answer = match operation.strip_prefix("vault.") {
        Some(_) => answer
            .header("cache-control", "no-cache")
            .header("x-ms-keyvault-region", "westeurope")
            .header("x-ms-request-id", random::guid()),
        None => answer,
    };
    (operation, answer, Duration::ZERO)
}
