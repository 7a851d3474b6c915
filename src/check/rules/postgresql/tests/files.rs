//! PG018 to PG020: files.

use std::time::{Duration, Instant};

use super::REMOTE;
use crate::{
    check::{
        Found,
        testing::{Around, fixed, ids},
    },
    finding::Severity,
};

const LOGIN: &str = "[databases.default]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nUSER = \"shop_app\"\nHOST = \"db.shop.example\"\n";

fn with(path: &str) -> String {
    format!("{LOGIN}OPTIONS = {{ passfile = \"{path}\" }}\n")
}

/// What a file says never comes out.
fn silent(found: &[Found]) {
    for one in found {
        let said = format!("{} {:?} {:?} {:?}", one.key, one.notes, one.remedy, one.fix);
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_password_file_is_its_owners_alone() {
    let around = Around::new();
    let line = "db.shop.example:5432:shop:shop_app:hunter2\n";
    for (mode, count) in [
        (0o600, 0),
        (0o400, 0),
        (0o700, 0),
        (0o640, 1),
        (0o604, 1),
        (0o644, 1),
        (0o620, 1),
    ] {
        let path = around.file("pgpass", mode, line);
        for path in [path.as_str(), "pgpass", "./pgpass"] {
            let found = around.found(&with(path), "PG018");
            assert_eq!(found.len(), count, "{path} {mode:o}");
            silent(&found);
        }
        let by_variable = format!("{LOGIN}[env]\nPGPASSFILE = \"{path}\"\n");
        assert_eq!(around.found(&by_variable, "PG018").len(), count);
    }
    let found = around.found(&with(around.0.path().to_str().unwrap()), "PG018");
    assert_eq!(found[0].notes, ["it is no plain file"]);
}

#[test]
fn a_password_file_that_is_not_there() {
    let around = Around::new();
    let severities = |path: &str| -> Vec<Severity> {
        let found = around.found(&with(path), "PG018");
        found.iter().map(|one| one.severity).collect()
    };
    assert_eq!(severities("/srv/no-such/pgpass"), [Severity::Warning]);
    assert_eq!(
        severities("/run/../srv/no-such/pgpass"),
        [Severity::Warning]
    );
    for path in [
        "pgpass",
        "secrets/pgpass",
        "/run/secrets/no-such/pgpass",
        "/var/run/no-such/pgpass",
        "/tmp/no-such/pgpass",
        "/mnt/no-such/pgpass",
        "/secrets/no-such/pgpass",
        "${env://PASSFILE}",
    ] {
        assert_eq!(severities(path), [], "{path}");
    }
    let ours = format!(
        "{}[files.\"/srv/no-such/pgpass\"]\ncontent = \"${{env://PGPASS}}\"\n",
        with("/srv/no-such/pgpass")
    );
    assert!(around.found(&ours, "PG018").is_empty());
    // Without a look at files nothing is known of it.
    assert!(!ids(&with("/srv/no-such/pgpass")).contains(&"PG018"));
}

#[test]
fn a_path_that_only_a_shell_reads() {
    for path in ["~/.pgpass", "~/secrets/pgpass", "$HOME/.pgpass"] {
        assert!(ids(&with(path)).contains(&"PG018"), "{path}");
    }
    assert!(!ids(&with("/home/shop/~pgpass")).contains(&"PG018"));
    assert!(!ids(&format!("{LOGIN}OPTIONS = {{ service = \"~/x\" }}")).contains(&"PG018"));
    let fixed_text = fixed(&with("~/.pgpass"), "PG018").unwrap();
    assert!(!fixed_text.contains("passfile"), "{fixed_text}");
    assert!(fixed(&with("~/secrets/pgpass"), "PG018").is_none());
}

#[test]
fn a_pipe_in_place_of_a_file_holds_nothing_up() {
    let around = Around::new();
    let path = around.0.path().join("pipe");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &path,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    let started = Instant::now();
    let text = with(path.to_str().unwrap());
    assert_eq!(around.found(&text, "PG018").len(), 1);
    assert!(around.found(&text, "PG019").is_empty());
    let service = format!(
        "{LOGIN}OPTIONS = {{ service = \"shop\" }}\n[env]\nPGSERVICEFILE = \"{}\"\n",
        path.to_str().unwrap()
    );
    let found = around.found(&service, "PG020");
    assert_eq!(found[0].notes, ["it is no plain file"]);
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn lines_for_the_login() {
    let around = Around::new();
    let count = |login: &str, lines: &str| {
        around.file("pgpass", 0o600, lines);
        let text = format!("{login}OPTIONS = {{ passfile = \"pgpass\" }}\n");
        let found = around.found(&text, "PG019");
        silent(&found);
        found.len()
    };
    for lines in [
        "",
        "# db.shop.example:5432:shop:shop_app:hunter2\n",
        "localhost:5432:shop:shop_app:hunter2\n",
        "DB.shop.example:5432:shop:shop_app:hunter2\n",
        "db.shop.example:5433:shop:shop_app:hunter2\n",
        "db.shop.example:5432:other:shop_app:hunter2\n",
        "db.shop.example:5432:shop:other:hunter2\n",
        "db.shop.example:5432:shop\n",
        " db.shop.example:5432:shop:shop_app:hunter2\n",
        "\\*:5432:shop:shop_app:hunter2\n",
    ] {
        assert_eq!(count(LOGIN, lines), 1, "{lines}");
    }
    for lines in [
        "db.shop.example:5432:shop:shop_app:hunter2",
        "x:1:y:z:a\r\ndb.shop.example:5432:shop:shop_app:hunter2\r\n",
        "*:*:*:*:hunter2",
        "db.shop.example:*:*:shop_app:hunter:2",
        "db\\.shop.example:5432:shop:shop\\_app:hunter2",
    ] {
        assert_eq!(count(LOGIN, lines), 0, "{lines}");
    }
    let line = "db.shop.example:5432:shop:shop_app:hunter2";
    // What is not known may be it, and a password that is given is taken first.
    for (key, reference) in [("HOST", "H"), ("NAME", "N"), ("USER", "U")] {
        let login: Vec<&str> = LOGIN
            .lines()
            .filter(|line| !line.starts_with(key))
            .collect();
        let login = format!("{}\n{key} = \"${{env://{reference}}}\"\n", login.join("\n"));
        assert_eq!(count(&login, line), 0, "{key}");
        assert_eq!(count(&login, "a:b:c:d:e"), 1, "{key}");
    }
    assert_eq!(count(REMOTE, "a:b:c:d:e"), 0);
    let sockets = "[databases.default]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nUSER = \"a\"\n";
    assert_eq!(count(sockets, "localhost:5432:shop:a:hunter2"), 0);
    assert_eq!(
        count(
            &format!("{sockets}HOST = \"/tmp\"\n"),
            "localhost:5432:shop:a:x"
        ),
        0
    );
    assert_eq!(
        count(
            &format!("{sockets}HOST = \"/srv\"\n"),
            "localhost:5432:shop:a:x"
        ),
        1
    );
    assert_eq!(
        count(
            &format!("{sockets}HOST = \"h1,h2\"\nPORT = \"1,2\"\n"),
            "h2:2:*:*:x"
        ),
        0
    );
    assert_eq!(
        count(
            &format!("{sockets}HOST = \"h\"\nPORT = 6000\n"),
            "h:6000:*:*:x"
        ),
        0
    );
    assert_eq!(
        count(
            &format!("{sockets}HOST = \"127.0.0.1\"\n"),
            "localhost:5432:*:*:x"
        ),
        1
    );
}

#[test]
fn passwords_in_service_files() {
    let around = Around::new();
    let text = format!("{LOGIN}OPTIONS = {{ service = \"shop\" }}\n");
    let with_password = "# services\n[other]\nhost=a\n[shop]\nhost=db\npassword=hunter2\n";
    let without = "[other]\npassword=hunter2\n[shop]\nhost=db\n# password=hunter2\npassword=\n";
    assert!(around.found(&text, "PG020").is_empty());
    around.file("home/.pg_service.conf", 0o600, with_password);
    let found = around.found(&text, "PG020");
    silent(&found);
    let place = found
        .iter()
        .map(|one| one.place.clone())
        .collect::<Vec<_>>();
    let path = "~/.pg_service.conf".to_owned();
    assert_eq!(place, [crate::check::Place::File { path, line: 6 }]);
    around.file("home/.pg_service.conf", 0o600, without);
    assert!(around.found(&text, "PG020").is_empty());

    let path = around.file("services.conf", 0o600, with_password);
    let named = format!("{text}[env]\nPGSERVICEFILE = \"{path}\"\n");
    assert_eq!(around.found(&named, "PG020").len(), 1);
    let by_variable =
        format!("{LOGIN}[env]\nPGSERVICE = \"shop\"\nPGSERVICEFILE = \"services.conf\"\n");
    assert_eq!(around.found(&by_variable, "PG020").len(), 1);
    let unknown = format!("{text}[env]\nPGSERVICEFILE = \"${{env://F}}\"\n");
    assert!(around.found(&unknown, "PG020").is_empty());
    let other = named.replace("service = \"shop\"", "service = \"sho\"");
    assert!(around.found(&other, "PG020").is_empty());
    let none = format!("{LOGIN}[env]\nPGSERVICEFILE = \"{path}\"\n");
    assert!(around.found(&none, "PG020").is_empty());
}

/// What nobody looked at is told, once a file; what another rule tells is not.
#[test]
fn what_could_not_be_looked_at() {
    let around = Around::new();
    let two = |options: &str| {
        let one = format!("{LOGIN}OPTIONS = {{ {options} }}\n");
        let other = one.replace("databases.default", "databases.other");
        format!("{one}{}", other.replace("shop_app", "shop_other"))
    };
    let told = |text: &str, id: &str| -> Vec<(String, Severity, Vec<String>)> {
        let found = around.found(text, id);
        let told = |one: &Found| (one.title().to_owned(), one.severity, one.notes.clone());
        found.iter().map(told).collect()
    };
    let of = |kind: &str, why: &str| {
        let title = format!("the {kind} file was not looked at");
        vec![(title, Severity::Advice, vec![why.to_owned()])]
    };
    let large = around.file("large", 0o600, "");
    let file = std::fs::File::options().write(true).open(&large).unwrap();
    file.set_len((1 << 20) + 1).unwrap();
    // Whoever runs this may read everything, but no link that leads to itself.
    let lost = around.0.path().join("lost");
    std::os::unix::fs::symlink("lost", &lost).unwrap();
    for (path, why) in [
        (large.as_str(), "it is larger than 1 MiB"),
        (lost.to_str().unwrap(), "it cannot be seen from here"),
    ] {
        let passfile = two(&format!("passfile = \"{path}\""));
        assert_eq!(told(&passfile, "PG019"), of("password", why));
        assert!(around.found(&passfile, "PG018").is_empty());
        let service = two("service = \"shop\"") + &format!("[env]\nPGSERVICEFILE = \"{path}\"\n");
        assert_eq!(told(&service, "PG020"), of("service", why));
        let option = two(&format!("read_default_file = \"{path}\"")).replace("postgresql", "mysql");
        assert_eq!(told(&option, "MY009"), of("option", why));
    }
    let directory = around.0.path().to_str().unwrap().to_owned();
    assert!(told(&two(&format!("passfile = \"{directory}\"")), "PG019").is_empty());
    let service = two("service = \"shop\"") + &format!("[env]\nPGSERVICEFILE = \"{directory}\"\n");
    assert_eq!(
        told(&service, "PG020"),
        of("service", "it is no plain file")
    );
    // Nobody asks the file where nothing names a service.
    let none = service.replace("service = \"shop\"", "");
    assert!(told(&none, "PG020").is_empty());
}
