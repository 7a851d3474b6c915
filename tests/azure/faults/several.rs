//! Several things wrong at once: each is reported, once, and what is right is asked for no more often than it must be.

use nuages_fakecloud::Denied;

use super::{Net, Who, names, problems, project, run};
use crate::{
    cloud::MARKER,
    support::{
        faults::{Faults, Rule, Then},
        project::Project,
    },
};

#[test]
fn a_login_that_fails_is_one_problem_however_many_need_it() {
    for (who, name) in [(Who::Entra, "entra"), (Who::Identity, "identity")] {
        let net = Net::with(100, who, Rule::always(Then::status(500)));
        let outcome = net.fails(&format!("{name}_for_a_hundred"), who, 100);
        assert_eq!(problems(&outcome), 1);
        assert_eq!(net.asked(who).len(), 3);
        assert_eq!(net.cloud.count("vault.get"), 0);
    }
}

#[test]
fn instances_that_log_in_alike_fail_alike() {
    let net = Net::with(1, Who::Entra, Rule::always(Then::status(500)));
    net.cloud.vault("other").set("k00", MARKER);
    let project = Project::new(
        "[providers.one]\nkind = \"azure-kv\"\nvault = \"shop\"\n\n\
         [providers.two]\nkind = \"azure-kv\"\nvault = \"shop\"\nprefix = \"k\"\n\n\
         [env]\nA = \"${one://k00}\"\nB = \"${two://00}\"\nC = \"${azure-kv://shop/k00}\"\n\
         D = \"${entra://azure-sql}\"\n",
    );
    let variables = net.variables(Who::Entra);
    net.fails_in("entra_for_instances", &project, &variables, &[], 4);
    // Three tries for each of them at most, and who waits for the same token does not ask for it.
    let asked = net.asked(Who::Entra).len();
    assert!((3..=12).contains(&asked), "{asked}");
}

#[test]
fn a_login_that_is_refused_is_not_tried_by_everybody() {
    // Entra locks out who asks again and again.
    let net = Net::new(0);
    let references: Vec<String> = names(20)
        .iter()
        .map(|name| {
            format!(
                "{} = \"${{azure-kv://shop/{name}}}\"\n",
                name.to_uppercase()
            )
        })
        .collect();
    let references = references.concat();
    let project = Project::new(&format!(
        "[providers.one]\nkind = \"azure-kv\"\nvault = \"shop\"\n\n\
         [providers.two]\nkind = \"azure-kv\"\nvault = \"shop\"\nprefix = \"k\"\n\n\
         [env]\nA = \"${{one://k00}}\"\nB = \"${{two://00}}\"\nC = \"${{entra://azure-sql}}\"\n{references}"
    ));
    let mut variables = net.variables(Who::Entra);
    for (name, value) in &mut variables {
        if name == "AZURE_CLIENT_SECRET" {
            "wrong".clone_into(value);
        }
    }
    let outcome = run(&variables, &project, &super::EXEC).output().code(4);
    assert_eq!(problems(&outcome), 4, "{}", outcome.stderr());
    // One for the vaults, and one for the database.
    assert_eq!(net.asked(Who::Entra).len(), 2);
}

#[test]
fn a_vault_that_is_gone_is_one_problem_too() {
    let net = Net::with(30, Who::Vault, Rule::always(Then::status(500)));
    let outcome = net.fails("vault_for_thirty", Who::Vault, 30);
    assert_eq!(problems(&outcome), 1);
    assert_eq!(net.asked(Who::Vault).len(), 3 * 30);
    assert_eq!(net.asked(Who::Entra).len(), 1);
}

#[test]
fn six_broken_references_of_six_classes_are_six_reports() {
    let net = Net::new(1);
    net.cloud
        .vault("shop")
        .deny_secret("denied", Denied::ByRbac);
    let portal = Faults::before(Faults::refused()).rule(Rule::always(Then::Html { code: 200 }));
    let project = Project::new(&format!(
        "[providers.secrets]\nkind = \"azure-kv\"\nvault = \"shop\"\n\n\
         [providers.gone]\nkind = \"azure-kv\"\nendpoint = \"https://localhost:{}\"\n\n\
         [providers.stranger]\nkind = \"azure-kv\"\nvault = \"shop\"\nclient_id = \"00001111-aaaa-2222-bbbb-3333cccc4444\"\n\n\
         [providers.nameless]\nkind = \"azure-kv\"\nvault = \"shop\"\ncredential = \"client-certificate\"\n\n\
         [providers.machine]\nkind = \"azure-kv\"\nvault = \"shop\"\ncredential = \"managed-identity\"\n\n\
         [env]\n\
         GOOD     = \"${{secrets://k00}}\"\n\
         NAMELESS = \"${{nameless://k00}}\"\n\
         MISSING  = \"${{secrets://missing}}\"\n\
         DENIED   = \"${{secrets://denied}}\"\n\
         GONE     = \"${{gone://k00}}\"\n\
         STRANGER = \"${{stranger://k00}}\"\n\
         PAGE     = \"${{machine://k00}}\"\n",
        Faults::refused().port(),
    ));
    let mut variables = net.variables(Who::Vault);
    variables.extend([
        (
            "IDENTITY_ENDPOINT".to_owned(),
            format!("{}/msi/token", portal.url()),
        ),
        (
            "IDENTITY_HEADER".to_owned(),
            "header-marker-2b1c".to_owned(),
        ),
    ]);
    let outcome = net.fails_in("six_classes", &project, &variables, &[], 4);
    assert_eq!(problems(&outcome), 6);
    drop(outcome.silent_about(&["header-marker"]));
    // The one that is good, the one that is missing and the one that is denied.
    assert_eq!(net.asked(Who::Vault).len(), 3);
    assert_eq!(net.asked(Who::Entra).len(), 2);
    assert_eq!(portal.total(), 1);
}

#[test]
fn one_that_fails_leaves_nine_that_are_read() {
    let net = Net::new(10);
    net.cloud.vault("shop").deny_secret("k04", Denied::ByPolicy);
    let outcome = net.fails("one_of_ten", Who::Vault, 10);
    assert_eq!(problems(&outcome), 1);
    assert!(outcome.stderr().contains("`env.K04`"));
    assert_eq!(
        (net.asked(Who::Vault).len(), net.asked(Who::Entra).len()),
        (10, 1)
    );

    // That nine are there can be used: only the denied one is left out.
    let others = names(10).into_iter().filter(|name| name != "k04");
    let others: Vec<String> = others
        .flat_map(|name| ["--only".to_owned(), name.to_uppercase()])
        .collect();
    let mut arguments: Vec<&str> = others.iter().map(String::as_str).collect();
    arguments.extend(["render", "json"]);
    let outcome = run(&net.variables(Who::Vault), &project(10), &arguments)
        .output()
        .code(0);
    assert_eq!(outcome.stdout().matches(MARKER).count(), 9);
}
