//! The words that names are made of, and which of them mean a secret.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use super::Bearing;

/// A set of words, written with blanks between.
pub(super) type Words = LazyLock<HashSet<&'static str>>;

/// Words by what they mean.
pub(super) type Nouns = LazyLock<HashMap<&'static str, Bearing>>;

pub(super) fn words(text: &'static str) -> HashSet<&'static str> {
    text.split_whitespace().collect()
}

/// A rule, whether the name is enough for it, and its words.
type Group = (&'static str, bool, &'static str);

fn nouns(groups: &[Group]) -> HashMap<&'static str, Bearing> {
    let words = |&(rule, is_strong, words): &Group| {
        words
            .split_whitespace()
            .map(move |word| (word, Bearing { rule, is_strong }))
    };
    groups.iter().flat_map(words).collect()
}

/// Words that mean a secret by themselves.
pub(super) static NOUNS: Nouns = LazyLock::new(|| {
    nouns(&[
        (
            "password",
            true,
            "\
    password passwd passwort passphrase passcode pwd kennwort senha contrasena contraseña contrasenya parola \
    wachtwoord haslo hasło motdepasse passe salasana losenord lösenord heslo jelszo jelszó adgangskode sifre şifre \
    пароль 密码 密碼 パスワード 비밀번호",
        ),
        ("secret", true, "secret mnemonic"),
        ("secret-key", true, "secretkey signingkey"),
        ("encryption-key", true, "fernet encryptionkey masterkey"),
        ("token", false, "token"),
        ("credential", false, "credential"),
        ("salt", false, "salt"),
        ("api-key", false, "apikey authkey licensekey passkey"),
        ("access-key", false, "accesskey accountkey sharedkey"),
        ("private-key", true, "privatekey"),
    ])
});

/// What makes a `key` a secret one, by the word before it.
pub(super) static KEYS: Nouns = LazyLock::new(|| {
    nouns(&[
        ("secret-key", true, "secret signing sign signature hmac jwt"),
        (
            "api-key",
            false,
            "\
    api auth server license write subscription webhook service admin app maps security consumer rest",
        ),
        ("access-key", false, "access account shared storage"),
        ("private-key", true, "private"),
        (
            "encryption-key",
            true,
            "encryption encrypt master aes cipher crypto fernet",
        ),
        ("secret-key", false, "session cookie"),
    ])
});

/// Whose `pass` is a password: `db_pass`. Of any other word (`first_pass`, `boarding_pass`) it is not.
pub(super) static PASS_OF: Words = LazyLock::new(|| {
    words(
        "\
    db database user usr ftp sftp smtp mail email admin root my sql mysql mssql pg postgres postgresql redis rabbit \
    rabbitmq mq amqp mongo mongodb ldap bind host proxy auth key keystore truststore store ssh ssl vnc wifi login \
    test imap pop http basic api app broker celery cache server service account superuser su sudo rds es elastic \
    elasticsearch kafka oracle sa registry docker git jenkins gmail twilio vault ansible become default master \
    replication replica router device snmp web site client cert p",
    )
});

/// Before the secret's word: what is named is no secret, or not one to keep.
pub(super) static NOT_BEFORE: Words = LazyLock::new(|| {
    words(
        "\
    no has have is use uses using require requires required need needs forgot forget forgotten reset change changed \
    invalid incorrect wrong bad missing show hide toggle csrf xsrf csrfmiddleware public pub page next continuation \
    pad bos eos mask unk cls sep stop special max min num allow allows enable disable validate verify check match \
    hash hashed cursor sync delta parse skip without lost update updated remember generate make create delete remove \
    revoke on handle start end begin prompt ask can should must if not weak blank empty unusable obtain refreshing \
    expired verbose existing",
    )
});

/// After the secret's word: the name is of the secret still.
pub(super) static STILL_AFTER: Words = LazyLock::new(|| {
    words(
        "\
    value val values string str text plain plaintext raw clear cleartext default dev develop development prod \
    production stage staging test testing qa uat local live sandbox old new current previous prev fallback fallbacks \
    backup primary secondary main master root admin bytes base hex encoded confirm confirmation again repeat verify \
    verification temp tmp override literal const constant db database postgres mysql redis email smtp ftp api app a \
    b x token secret password readonly ro rw",
    )
});

/// After the secret's word: the name is of something else.
pub(super) static NOT_AFTER: Words = LazyLock::new(|| {
    words(
        "\
    url uri urls link path file files filename dir directory folder location name names id ids identifier arn ref \
    reference type types kind class cls model backend backends engine manager provider service store storage hash \
    hashed hasher hashers digest algorithm algo alg validator validators validation reset change changed update \
    expiry expires expiration expired expire ttl age timeout lifetime duration delta time date at days hours minutes \
    seconds length len size min max minimum maximum count limit required enabled disabled prefix suffix header \
    headers param params parameter arg args kwargs field fields column label labels help hint title message msg \
    messages error errors description desc key keys placeholder template templates form forms view views page widget \
    input serializer schema var variable env envvar policy rule rules strength score attempts retries regex pattern \
    re format separator sep delimiter index idx num number position pos list set map dict cache cookie session scope \
    scopes endpoint host server issuer audience generator factory func function callback handler getter loader \
    reader parser context config configuration settings options option info metadata meta status state valid \
    verified protected only less free auth authentication login user username owner client version rotation rotate \
    permission permissions access grant request response result tests mixin exception encoder decoder encoding \
    charset chars alphabet entropy bits kdf iterations rounds history resets complexity requirements strategy mode \
    method source sources usage used uses in is has for not to from with by and or sent done complete completed \
    success failed failure subject body html txt icon button toggle show hide visible hidden redirect management \
    recovery forgot reminder lookup resolver spec property attr attribute tag tags node nodes stream bucket buckets \
    offset span",
    )
});
