//! Names and values as they stand in real files, and what they are taken for.

use super::*;

#[test]
fn names_of_secrets() {
    for name in [
        "PASSWORD",
        "DB_PASSWORD",
        "dbPassword",
        "db-password",
        "db_pass",
        "DB_PASS",
        "passwd",
        "SECRET_KEY",
        "SECRET_KEY_FALLBACKS",
        "EMAIL_HOST_PASSWORD",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_S3_SECRET_ACCESS_KEY",
        "AZURE_ACCOUNT_KEY",
        "SOCIAL_AUTH_FACEBOOK_SECRET",
        "STRIPE_SECRET_KEY",
        "STRIPE_API_KEY",
        "client_secret",
        "clientSecret",
        "api_key",
        "apiKey",
        "X-Api-Key",
        "ACCESS_TOKEN",
        "auth_token",
        "authToken",
        "refreshToken",
        "RECAPTCHA_PRIVATE_KEY",
        "SIGNING_KEY",
        "FIELD_ENCRYPTION_KEY",
        "FERNET_KEYS",
        "AUTH_LDAP_BIND_PASSWORD",
        "TWILIO_AUTH_TOKEN",
        "MAILGUN_API_KEY",
        "SENDGRID_API_KEY",
        "DROPBOX_OAUTH2_TOKEN",
        "GS_CREDENTIALS",
        "DJANGO_SUPERUSER_PASSWORD",
        "senha",
        "contraseña",
        "mot_de_passe",
        "passwort",
        "kennwort",
        "parola",
        "wachtwoord",
        "haslo",
        "DBPassword",
        "rootpw_password",
        "password2",
        "access_token",
        "HASHID_FIELD_SALT",
        "private_key",
        "credentials",
        "passphrase",
        "db_password_prod",
        "dbpassword",
        "authtoken",
        "pass",
        "db_pw",
        "spring.datasource.password",
        "secretKey",
        "jwt_secret",
        "JWT_SECRET_KEY",
        "mysql_root_password",
        "PGPASSWORD",
        "smtp_pass",
        "HEALTH_CHECK_TOKEN",
        "MPESA_PASSKEY",
    ] {
        assert!(bearing(name).is_some(), "{name}");
        let lower = name.to_lowercase();
        let framed = format!("\"{lower}\"");
        assert!(
            STEMS.iter().any(|stem| framed.contains(stem)),
            "{name} has no stem"
        );
    }
}

#[test]
fn names_of_something_else() {
    for name in [
        "password_reset_url",
        "PASSWORD_HASHERS",
        "AUTH_PASSWORD_VALIDATORS",
        "token_type",
        "token_url",
        "secret_name",
        "secret_arn",
        "secret_id",
        "key_id",
        "AWS_ACCESS_KEY_ID",
        "public_key",
        "password_field",
        "password_label",
        "password_help",
        "password_min_length",
        "password_template",
        "password_form",
        "password_view",
        "password_hash_algo",
        "primary_key",
        "foreign_key",
        "sort_key",
        "cache_key",
        "key_prefix",
        "tokenizer",
        "passenger",
        "compass",
        "bypass",
        "passed",
        "PASSWORD_FILE",
        "PASSWORD_PATH",
        "PASSWORD_VAR",
        "PASSWORD_ENV",
        "secretary",
        "pass_through",
        "first_pass",
        "csrf_token",
        "key",
        "name",
        "TOKEN_EXPIRY",
        "forgot_password",
        "has_password",
        "existingSecret",
        "",
    ] {
        assert_eq!(bearing(name), None, "{name}");
    }
}

#[test]
fn strength() {
    for (name, is_strong) in [
        ("DB_PASSWORD", true),
        ("SECRET_KEY", true),
        ("token", false),
        ("secret", false),
        ("client_secret", true),
        ("salt", false),
        ("API_KEY", false),
        ("SENHA_BANCO", true),
        ("PASSWORD_BANCO", false),
    ] {
        assert_eq!(
            bearing(name).map(|bearing| bearing.is_strong),
            Some(is_strong),
            "{name}"
        );
    }
}

#[test]
fn values_that_hide_nothing() {
    for value in [
        "",
        " ",
        "${DB_PASSWORD}",
        "$DB_PASSWORD",
        "{{ password }}",
        "%(password)s",
        "%s",
        "<%= x %>",
        "#{x}",
        "env:X",
        "vault:secret/x",
        "aws-ssm:///shop/db",
        "ENC[AES256_GCM,data:x]",
        "!Ref Password",
        "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBrR2Vv",
        "arn:aws:secretsmanager:eu-west-1:1:secret:x",
        "/run/secrets/db",
        "./keys/key",
        "https://shop.test/login",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "application/json",
        "password_reset_done",
        "New password",
        "Password must be at least 8 characters",
        "^[a-z]+$",
        "2024-01-01",
        "1.2.3",
        "True",
        "None",
        "DB_PASSWORD",
        "idToken",
        "secrets.json",
        "<input type=\"password\">",
        "[a-z0-9]{32}",
        "Forgot password?",
        "smtp.gmail.com",
        "==1.0",
        "required|string|min:8",
    ] {
        assert_eq!(look(value), Look::NotSecret, "{value}");
    }
}

#[test]
fn placeholders() {
    for value in [
        "changeme",
        "change-me",
        "xxx",
        "xxxxxxxxxxxxxxxx",
        "****",
        "<your key>",
        "[secret]",
        "your-secret-key-here",
        "example",
        "dummy",
        "todo",
        "replace-with-your-key",
        "password",
        "secret",
        "test",
        "testpassword",
        "my_secret",
        "foo",
        "foobar",
        "not-a-secret",
        "sk-xxxxxxxxxxxx",
        "supersecretkey",
        "test-token",
        "fake-key",
        "password123",
        "insert-key",
        "postgres",
        "Passwort",
        "abcdefghijklmnopqrstuvwxyz0123456789",
    ] {
        assert_eq!(look(value), Look::Placeholder, "{value}");
    }
}

#[test]
fn thought_of_by_people() {
    for value in [
        "hunter2",
        "Summer2024!",
        "123456",
        "letmein!",
        "S3cur3P@ss",
        "correct horse battery staple",
        "tr0ub4dor",
        "ilovedjango",
        "b0bby!tables",
    ] {
        assert_eq!(look(value), Look::Plain, "{value}");
    }
}

#[test]
fn weak_ones_and_those_to_be_replaced() {
    for value in [
        "postgres",
        "root",
        "admin",
        "password",
        "secret",
        "mysecretkey",
        "my_secret",
        "test123",
        "django",
        "toor",
        "changeit",
        "supersecretkey",
    ] {
        assert!(is_weak(value), "{value}");
    }
    for value in [
        "changeme",
        "change-me",
        "<key>",
        "your-password",
        "yourpassword",
        "xxx",
        "TODO",
        "replace-this",
        "...",
        "insert-key",
        "dummy",
        "dummypassword",
        "example",
        "",
        "not-a-secret",
        "fake-key",
        "hunter2",
    ] {
        assert!(!is_weak(value), "{value}");
    }
}

#[test]
fn in_a_test_only_the_key_of_the_settings_counts() {
    let random = format!("k9Xz7Q{}", "pL2mW4tR8vB6nJ3h".repeat(2));
    let judged = |name, role| judge(name, &random, role).map(|(_, _, confidence)| confidence);
    assert_eq!(judged("SECRET_KEY", Role::Test), Some(Confidence::Medium));
    assert_eq!(judged("DB_PASSWORD", Role::Test), Some(Confidence::Low));
    assert_eq!(
        judged("DB_PASSWORD", Role::Example),
        Some(Confidence::Medium)
    );
    assert_eq!(judged("DB_PASSWORD", Role::Main), Some(Confidence::High));
}

#[test]
fn a_generated_key_may_hold_signs_that_references_begin_with() {
    for value in [
        "!x3v#k0w$(q8z@j7_p2^m5r&b9t-f4h=n6c",
        "x3v#k0w$(q8z@j7_p2^m5r&b9t-f4h=n6c!d1g",
        "@@x3v#k0w!q8z@j7_p2^m5r&b9t-f4h=n6c",
    ] {
        assert_eq!(look(value), Look::Random, "{value}");
    }
    assert_eq!(look("!QAZ2wsx"), Look::Plain);
}

/// What a generator makes of an alphabet, so that no such text stands in this file.
fn generated(alphabet: &[u8], length: usize, seed: u32) -> String {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12345);
        usize::try_from(state >> 16).unwrap_or_default() % alphabet.len()
    };
    (0..length).map(|_| char::from(alphabet[next()])).collect()
}

#[test]
fn keys_of_django_begin_and_end_with_any_sign() {
    let alphabet = b"abcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*(-_=+)";
    let ends = [
        "^$", "**", "()", "#=", "=#", "$(", "%(", "--", "@@", "!)", "__", "&*", "+a", "^7",
    ];
    for seed in 1..40 {
        let middle = generated(alphabet, 48, seed);
        for (first, last) in ends.iter().map(|ends| ends.split_at(1)) {
            let key = format!("{first}{middle}{last}");
            assert_eq!(look(&key), Look::Random, "{key}");
        }
    }
    let alphabet = String::from_utf8_lossy(alphabet);
    assert_ne!(look(&alphabet), Look::Random, "{alphabet}");
}

#[test]
fn signs_of_patterns_within_a_password() {
    let letters = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    for sign in [".*", ".+", "=>"] {
        let password = format!(
            "{}{sign}{}",
            generated(letters, 12, 3),
            generated(letters, 12, 4)
        );
        assert_eq!(look(&password), Look::Random, "{password}");
    }
    for pattern in [
        "(.*)",
        "secret.*",
        "[a-f]+.*",
        "token => value",
        "^(.+)/key$",
    ] {
        assert_eq!(look(pattern), Look::NotSecret, "{pattern}");
    }
}

#[test]
fn placeholders_of_other_languages() {
    for value in [
        "insira-a-chave-secreta",
        "coloque_sua_chave_aqui",
        "tu_clave_secreta",
        "cambiar-esto",
        "votre-cle-secrete",
        "bitte-ersetzen",
    ] {
        assert_eq!(look(value), Look::Placeholder, "{value}");
    }
}
