//! `aws-rds-token`: a password that lives fifteen minutes, signed here by IAM; nothing is asked of RDS.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html>: the token is a presigned request
//! to `rds-db`, without its scheme. It is good for the instance's own host name; an alias in DNS has none.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign},
    sign::v4,
};
use nuages_provider::{
    Capabilities, Descriptor, Environment, Error, ErrorKind, Identity, Locator, OpenFuture,
    OptionSpec, Provider, Reading, Reference, Result, Secret, SecretValue, Settings, async_trait,
};

use crate::{
    access::{Book, Purpose, literal},
    session::Session,
    settings::{Connection, EXTERNAL_ID, PROFILE, REGION, ROLE_ARN, is_region, region_option},
};

/// The provider.
pub const DESCRIPTOR: Descriptor = Descriptor {
    scheme: "aws-rds-token",
    summary: "an IAM login token for an RDS database, as `host:port/user`",
    capabilities: Capabilities {
        max_batch: usize::MAX,
        concurrency: 1,
        expiring: true,
        ..Capabilities::REMOTE
    },
    settings: &[REGION, PROFILE, ROLE_ARN, EXTERNAL_ID],
    options: &[OptionSpec {
        name: "region",
        summary: "the database's region [default: the host name's]",
    }],
    bootstrap: crate::BOOTSTRAP,
    access: Some(crate::access::CONTROL),
    parse,
    open,
};

/// How long a token can be used to log in; a session that is open stays open.
const LIFE: Duration = Duration::from_mins(15);

/// An opened instance.
struct Signer {
    session: Session,
}

fn parse(reference: &Reference) -> Result<Locator, Error> {
    let invalid = |text: String| {
        Err(Error::invalid_reference(text)
            .with_hint("write `aws-rds-token://host:port/user`, with the instance's own host name"))
    };
    let Some((place, user)) = reference.locator().split_once('/') else {
        return invalid("the user is missing".to_owned());
    };
    let Some((host, port)) = place.split_once(':') else {
        return invalid(format!("`{place}` has no port"));
    };
    let is_host = host.contains('.')
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    if !is_host && host != "localhost" {
        return invalid(format!("`{host}` is no host's name"));
    }
    if !port.parse::<u16>().is_ok_and(|port| port > 0) {
        return invalid(format!("`{port}` is no port"));
    }
    if user.is_empty() || user.chars().any(char::is_control) {
        return invalid("the user is missing".to_owned());
    }
    let locator = Locator::new(reference.locator());
    let region = reference.option("region").map(region_option).transpose()?;
    Ok(match region.or_else(|| host_region(host)) {
        Some(region) => locator.with_option("region", region),
        None => locator,
    })
}

/// The region in an instance's own name: `shop.c9akciq32rgt.eu-west-1.rds.amazonaws.com`.
fn host_region(host: &str) -> Option<&str> {
    let rest = [".rds.amazonaws.com", ".rds.amazonaws.com.cn"]
        .iter()
        .find_map(|domain| host.strip_suffix(domain))?;
    rest.rsplit('.').next().filter(|region| is_region(region))
}

fn open(settings: Settings, environment: Environment) -> OpenFuture {
    Box::pin(async move {
        let connection = Connection::read(&settings)?;
        let session = Session::open(&environment, &connection).await?;
        Ok(Box::new(Signer { session }) as Box<dyn Provider>)
    })
}

/// What logging in takes: the user of any database, since a host's name does not tell its resource ID.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html>
pub(crate) fn access(reading: &Reading<'_>, book: &mut Book<'_>) -> Result<()> {
    for locator in reading.locators {
        let (_, user) = locator.name().split_once('/').unwrap_or_default();
        let user = format!("dbuser:*/{}", literal(user)?);
        let region = locator.option("region");
        book.allow(Purpose::ConnectToDatabases, "rds-db", region, &user);
        book.any_database();
    }
    Ok(())
}

#[async_trait]
impl Provider for Signer {
    async fn fetch(&self, locators: &[Locator]) -> Vec<Result<Secret>> {
        let now = SystemTime::now();
        let credentials = match self.session.credentials().await {
            Ok(credentials) => credentials,
            Err(error) => return locators.iter().map(|_| Err(error.repeat())).collect(),
        };
        let sign = |locator: &Locator| {
            let regions = self.session.regions(locator.option("region"))?;
            let Some((region, _)) = regions.first() else {
                return Err(Error::invalid_settings("no region is known"));
            };
            let (place, user) = locator.name().split_once('/').unwrap_or_default();
            let token = token(place, user, region.as_ref(), &credentials, now)?;
            let end = now + LIFE;
            let mut secret = Secret::new(SecretValue::from_text(token));
            // What is signed with credentials that have an end ends with them.
            secret.expires = Some(credentials.expiry().map_or(end, |expiry| expiry.min(end)));
            Ok(secret)
        };
        locators.iter().map(sign).collect()
    }

    async fn check(&self) -> Result<Identity> {
        self.session.identity().await
    }
}

/// The token for `user` at `place`, host and port.
fn token(
    place: &str,
    user: &str,
    region: &str,
    credentials: &Credentials,
    now: SystemTime,
) -> Result<String> {
    let failed = || Error::new(ErrorKind::Malformed, "the token cannot be signed");
    let identity = credentials.clone().into();
    let mut settings = SigningSettings::default();
    settings.expires_in = Some(LIFE);
    settings.signature_location = SignatureLocation::QueryParams;
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("rds-db")
        .time(now)
        .settings(settings)
        .build()
        .map_err(|_| failed())?;
    let request = format!("{place}/?Action=connect&DBUser={}", encoded(user));
    let url = format!("https://{request}");
    let signable = SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::Bytes(&[]))
        .map_err(|_| failed())?;
    let (instructions, _) = sign(signable, &parameters.into())
        .map_err(|_| failed())?
        .into_parts();
    let mut token = request;
    // The signature last, where every other tool writes it.
    let (signature, others): (Vec<_>, Vec<_>) = instructions
        .params()
        .iter()
        .partition(|(name, _)| *name == "X-Amz-Signature");
    for (name, value) in others.into_iter().chain(signature) {
        token.push('&');
        token.push_str(name);
        token.push('=');
        token.push_str(&encoded(value));
    }
    Ok(token)
}

/// Percent-encoded as a signature wants it: everything but letters, digits and `-._~`.
fn encoded(text: &str) -> String {
    const SIGNED: percent_encoding::AsciiSet = percent_encoding::NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    percent_encoding::utf8_percent_encode(text, &SIGNED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_one_that_boto3_makes() {
        // boto3 1.44.5, `generate_db_auth_token`, its clock held at 2026-01-02T03:04:05Z.
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_323_045);
        let head = "shop.x.eu-west-1.rds.amazonaws.com:5432/?Action=connect&DBUser=shop%20app\
                    &X-Amz-Algorithm=AWS4-HMAC-SHA256\
                    &X-Amz-Credential=AKIDEXAMPLE%2F20260102%2Feu-west-1%2Frds-db%2Faws4_request\
                    &X-Amz-Date=20260102T030405Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host";
        for (session, tail) in [
            (
                None,
                "&X-Amz-Signature=c4bf7fcf5edd1182a2699423f1188519c9c844d0c946f89ac532d8678e6a514c",
            ),
            (
                Some("FwoGZXIvYXdzE+/=x".to_owned()),
                "&X-Amz-Security-Token=FwoGZXIvYXdzE%2B%2F%3Dx\
                 &X-Amz-Signature=118ef2bfb5cef2a7e4debaedb9ee1826fc44ce9d57059d4bb61bb29cc1c12d91",
            ),
        ] {
            let credentials =
                Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI", session, None, "test");
            let place = "shop.x.eu-west-1.rds.amazonaws.com:5432";
            let made = token(place, "shop app", "eu-west-1", &credentials, now).unwrap();
            assert_eq!(made, format!("{head}{tail}"));
        }
    }

    #[test]
    fn the_region_is_in_the_hosts_name() {
        assert_eq!(
            host_region("shop.c9.eu-west-1.rds.amazonaws.com"),
            Some("eu-west-1")
        );
        assert_eq!(
            host_region("shop.c9.cn-north-1.rds.amazonaws.com.cn"),
            Some("cn-north-1")
        );
        assert_eq!(host_region("db.example.org"), None);
        assert_eq!(host_region("rds.amazonaws.com"), None);
    }

    #[test]
    fn a_reference_has_host_port_and_user() {
        let parsed = |text: &str| match parse(&Reference::new("aws-rds-token", text)) {
            Ok(locator) => locator.to_string(),
            Err(error) => error.message().to_owned(),
        };
        assert_eq!(
            parsed("shop.c9.eu-west-1.rds.amazonaws.com:5432/shop_app"),
            "shop.c9.eu-west-1.rds.amazonaws.com:5432/shop_app?region=eu-west-1"
        );
        assert_eq!(parsed("db.example.org:3306/u"), "db.example.org:3306/u");
        assert_eq!(parsed("db.example.org:3306"), "the user is missing");
        assert_eq!(parsed("db.example.org:3306/"), "the user is missing");
        assert_eq!(parsed("db.example.org/u"), "`db.example.org` has no port");
        assert_eq!(parsed("db.example.org:x/u"), "`x` is no port");
        assert_eq!(parsed("a b.org:1/u"), "`a b.org` is no host's name");
    }
}
