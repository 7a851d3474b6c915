//! What IAM must allow for exactly the secrets of a plan: each identity's policy, an action and an ARN for every call that
//! reading makes, and nothing that no call needs.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
//! has each service's actions and the form of its ARNs.

mod arn;
mod keys;
mod policy;

use std::collections::{BTreeMap, BTreeSet};

use nuages_provider::{Access, AccessControl, AccessDocument, Error, Reading};

use crate::{rds_token, secrets, settings::Connection, ssm};

pub(crate) use arn::{Arn, literal};
use keys::Key;

/// IAM, for all of this crate.
pub(crate) const CONTROL: AccessControl = AccessControl {
    key: "aws",
    name: "AWS IAM",
    takes_keys: true,
    needs,
};

/// What a statement is for: one action each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    ReadParameters,
    ReadSecrets,
    ReadSecretsTogether,
    ListVersions,
    ConnectToDatabases,
    AssumeRole,
}

impl Purpose {
    fn sid(self) -> &'static str {
        match self {
            Self::ReadParameters => "ReadParameters",
            Self::ReadSecrets => "ReadSecrets",
            Self::ReadSecretsTogether => "ReadSecretsTogether",
            Self::ListVersions => "ListVersions",
            Self::ConnectToDatabases => "ConnectToDatabases",
            Self::AssumeRole => "AssumeRole",
        }
    }

    fn action(self) -> &'static str {
        match self {
            Self::ReadParameters => "ssm:GetParameters",
            Self::ReadSecrets => "secretsmanager:GetSecretValue",
            Self::ReadSecretsTogether => "secretsmanager:BatchGetSecretValue",
            Self::ListVersions => "secretsmanager:ListSecretVersionIds",
            Self::ConnectToDatabases => "rds-db:connect",
            Self::AssumeRole => "sts:AssumeRole",
        }
    }
}

/// Resources by what is done to them.
type Grants = BTreeMap<Purpose, BTreeSet<String>>;

/// The external IDs that a role is assumed with; none where it is assumed without.
type Externals = BTreeMap<String, BTreeSet<Option<String>>>;

/// Who a policy is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    /// Whoever the environment logs in as.
    Environment,
    /// A profile of `~/.aws/config`.
    Profile(String),
    /// A role that is assumed: it is the one that reads.
    Role(String),
}

impl Who {
    fn words(&self) -> String {
        match self {
            Self::Environment => "the identity that the environment logs in as".to_owned(),
            Self::Profile(name) => format!("the identity of the AWS profile `{name}`"),
            Self::Role(arn) => format!("the role `{arn}`"),
        }
    }
}

/// What an instance needs, as it is found out.
pub(crate) struct Book<'a> {
    instance: &'a str,
    connection: &'a Connection,
    /// The partition and the account of the role that reads.
    role: Option<Arn<'a>>,
    grants: Grants,
    notes: BTreeSet<Note>,
}

/// What is not known before AWS is asked, in the order it is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Note {
    Region(String),
    Account,
    Database,
    Key,
    Trust(String),
    External(String),
    Emulator(String),
    Long(String, usize),
}

impl Note {
    fn text(&self) -> String {
        match self {
            Self::Region(instance) => format!(
                "the region of `{instance}` is `*`: the manifest names none; its `region` says which"
            ),
            Self::Account => "accounts are `*`: a name is looked up in the identity's own account, whose number may stand there instead".to_owned(),
            Self::Database => "`dbuser:*` stands for every database of the account: the resource ID of yours may stand there instead, `aws rds describe-db-instances` shows it as `DbiResourceId`".to_owned(),
            Self::Key => "what is encrypted with a key of your own takes `kms:Decrypt` on that key too: `--kms-key ARN` adds it".to_owned(),
            Self::Trust(role) => format!(
                "the trust policy of `{role}` must name the identity that assumes it"
            ),
            Self::External(role) => format!(
                "the trust policy of `{role}` should ask for the external ID: the condition `sts:ExternalId`"
            ),
            Self::Emulator(instance) => {
                format!("`{instance}` is an emulator on this machine: it takes no policy")
            }
            Self::Long(who, count) => format!(
                "the policy for {who} is longer than the {} characters of a managed policy: it comes in {count} parts, and all have to be attached",
                policy::LONGEST
            ),
        }
    }
}

impl Book<'_> {
    /// Notes that `resource` of `service` is needed, in the region that the reference names, or in all of the instance's.
    pub(crate) fn allow(
        &mut self,
        purpose: Purpose,
        service: &str,
        region: Option<&str>,
        resource: &str,
    ) {
        for region in self.regions(region) {
            let (partition, account) = self.owner(&region);
            let arn = format!("arn:{partition}:{service}:{region}:{account}:{resource}");
            self.allow_arn(purpose, arn);
        }
    }

    /// Notes that this very resource is needed.
    pub(crate) fn allow_arn(&mut self, purpose: Purpose, arn: String) {
        self.grants.entry(purpose).or_default().insert(arn);
    }

    /// Says that which database it is cannot be known.
    pub(crate) fn any_database(&mut self) {
        self.notes.insert(Note::Database);
    }

    fn regions(&mut self, named: Option<&str>) -> Vec<String> {
        if let Some(region) = named {
            return vec![region.to_owned()];
        }
        if self.connection.regions.is_empty() {
            self.notes.insert(Note::Region(self.instance.to_owned()));
            return vec!["*".to_owned()];
        }
        self.connection.regions.clone()
    }

    fn owner(&mut self, region: &str) -> (String, String) {
        let of_role = self.role.as_ref();
        let partition = if region == "*" {
            of_role.map_or("aws", |role| role.partition)
        } else {
            arn::partition(region)
        };
        let account = of_role.map(|role| role.account.to_owned());
        if account.is_none() {
            self.notes.insert(Note::Account);
        }
        let account = account.unwrap_or_else(|| "*".to_owned());
        (partition.to_owned(), account)
    }
}

fn needs(readings: &[Reading<'_>], keys: &[String]) -> Result<Access, Error> {
    let keys = keys
        .iter()
        .map(|key| Key::read(key))
        .collect::<Result<Vec<_>, _>>()?;
    let mut all: BTreeMap<Who, Grants> = BTreeMap::new();
    let mut externals = Externals::new();
    let mut notes = BTreeSet::new();
    for reading in readings {
        let connection = Connection::read(reading.settings)?;
        let endpoint = connection.endpoint.as_ref();
        if endpoint.is_some_and(|endpoint| nuages_provider_http::is_loopback(&endpoint.host)) {
            notes.insert(Note::Emulator(reading.instance.to_owned()));
            continue;
        }
        let login = connection
            .profile
            .clone()
            .map_or(Who::Environment, Who::Profile);
        let role = connection.role.as_ref();
        let role = role
            .map(|role| arn::role(&role.arn).map(|arn| (&role.arn, arn)))
            .transpose()?;
        let who = match &role {
            Some((text, arn)) => {
                let assume = all.entry(login).or_default();
                let assume = assume.entry(Purpose::AssumeRole).or_default();
                let resource = arn.as_resource()?;
                let external = connection.role.as_ref();
                let external = external.and_then(|role| role.external_id.as_deref());
                if external.is_some() {
                    notes.insert(Note::External((*text).clone()));
                }
                let known = externals.entry(resource.clone()).or_default();
                known.insert(external.map(literal).transpose()?);
                assume.insert(resource);
                notes.insert(Note::Trust((*text).clone()));
                Who::Role((*text).clone())
            }
            None => login,
        };
        let mut book = Book {
            instance: reading.instance,
            connection: &connection,
            role: role.map(|(_, arn)| arn),
            grants: all.remove(&who).unwrap_or_default(),
            notes: std::mem::take(&mut notes),
        };
        read(reading, &mut book)?;
        notes = book.notes;
        all.insert(who, book.grants);
    }
    all.retain(|_, grants| !grants.is_empty());
    written(&all, &keys, &externals, notes)
}

/// Has the provider of an instance say what it needs.
fn read(reading: &Reading<'_>, book: &mut Book<'_>) -> Result<(), Error> {
    match reading.scheme {
        scheme if scheme == ssm::DESCRIPTOR.scheme => ssm::access(reading, book),
        scheme if scheme == secrets::DESCRIPTOR.scheme => secrets::access(reading, book),
        _ => rds_token::access(reading, book),
    }
}

/// A partition takes no policy that names another's resources, so each has its own.
fn by_partition(grants: &Grants) -> BTreeMap<String, Grants> {
    let mut all: BTreeMap<String, Grants> = BTreeMap::new();
    let mut anywhere = Vec::new();
    for (purpose, resource) in each(grants) {
        match resource.split(':').nth(1) {
            Some(partition) => {
                let grants = all.entry(partition.to_owned()).or_default();
                grants.entry(purpose).or_default().insert(resource.clone());
            }
            None => anywhere.push((purpose, resource)),
        }
    }
    // What knows no resources goes with the secrets that it is about.
    for (purpose, resource) in anywhere {
        let of_secrets = all
            .values_mut()
            .filter(|grants| grants.contains_key(&Purpose::ReadSecrets));
        for grants in of_secrets {
            grants.entry(purpose).or_default().insert(resource.clone());
        }
    }
    all
}

fn each(grants: &Grants) -> impl Iterator<Item = (Purpose, &String)> {
    grants
        .iter()
        .flat_map(|(purpose, resources)| resources.iter().map(|resource| (*purpose, resource)))
}

fn written(
    all: &BTreeMap<Who, Grants>,
    keys: &[Key<'_>],
    externals: &Externals,
    mut notes: BTreeSet<Note>,
) -> Result<Access, Error> {
    let mut documents = Vec::new();
    let named = all.iter().flat_map(|(who, grants)| {
        let partitions = by_partition(grants);
        let are_several = partitions.len() > 1;
        partitions.into_iter().map(move |(partition, grants)| {
            let who = who.words();
            if are_several {
                (format!("{who}, in the partition `{partition}`"), grants)
            } else {
                (who, grants)
            }
        })
    });
    for (who, grants) in named {
        let statements = policy::statements(&grants, keys, externals);
        let parts = policy::documents(&statements);
        if parts.len() > 1 {
            notes.insert(Note::Long(who.clone(), parts.len()));
        }
        for (place, part) in parts.iter().enumerate() {
            let identity = if parts.len() == 1 {
                who.clone()
            } else {
                format!("{who}, part {} of {}", place + 1, parts.len())
            };
            documents.push(AccessDocument {
                identity,
                text: format!("{part:#}\n"),
                json: part.to_string(),
            });
        }
    }
    let is_kept_by_key = |grants: &Grants| {
        [Purpose::ReadParameters, Purpose::ReadSecrets]
            .iter()
            .any(|purpose| grants.contains_key(purpose))
    };
    if keys.is_empty() && all.values().any(is_kept_by_key) {
        notes.insert(Note::Key);
    }
    keys::all_used(&all.values().collect::<Vec<_>>(), keys)?;
    Ok(Access {
        documents,
        notes: notes.iter().map(Note::text).collect(),
    })
}

#[cfg(test)]
mod tests;
