//! Runs `az` and `azd` for the SDK: with the environment that was handed over, never reading the terminal, ended with the run.

use std::{
    ffi::{OsStr, OsString},
    fmt, io,
    process::{Output, Stdio},
    sync::Arc,
};

use azure_identity::Executor;
use nuages_provider::{Environment, Error, ErrorKind, async_trait};

/// Runs one of the two.
pub(super) struct Runner {
    tool: &'static str,
    environment: Environment,
}

impl Runner {
    pub(super) fn shared(tool: &'static str, environment: &Environment) -> Arc<dyn Executor> {
        Arc::new(Self {
            tool,
            environment: environment.clone(),
        })
    }

    /// What a failed run means. Its own words are not shown: they may quote what they were given.
    fn failure(&self, output: &Output) -> Error {
        let tool = self.tool;
        let login = if tool == "az" {
            "az login"
        } else {
            "azd auth login"
        };
        if output.status.code() == Some(127) {
            return Error::invalid_settings(format!("`{tool}` is not on the `PATH`"))
                .with_hint("install it, or name another `credential`");
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let text = match aadsts(&said) {
            Some(code) => format!("`{tool}` gives no token: `AADSTS{code}`"),
            None if said.contains(login) => format!("nobody is logged in to `{tool}`"),
            None => format!("`{tool}` gives no token ({})", output.status),
        };
        Error::new(ErrorKind::Unauthenticated, text).with_hint(format!("`{login}`"))
    }
}

/// The SDK's line for the shell, `cd /bin && az …`, in such a way that the shell becomes the tool: it is the tool then that is
/// ended with the run.
fn becoming(argument: &OsStr) -> OsString {
    let line = argument.to_str();
    let command = line.and_then(|line| line.strip_prefix("cd /bin && "));
    command.map_or_else(
        || argument.to_owned(),
        |command| format!("cd /bin && exec {command}").into(),
    )
}

/// The number of an `AADSTS` code in a text.
fn aadsts(text: &str) -> Option<&str> {
    let start = text.find("AADSTS")? + "AADSTS".len();
    let rest = text.get(start..)?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    rest.get(..end).filter(|code| !code.is_empty())
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner")
            .field("tool", &self.tool)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Executor for Runner {
    async fn run(&self, program: &OsStr, arguments: &[&OsStr]) -> io::Result<Output> {
        let output = tokio::process::Command::new(program)
            .args(arguments.iter().map(|argument| becoming(argument)))
            .env_clear()
            .envs(self.environment.variables())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await?;
        if output.status.success() {
            return Ok(output);
        }
        Err(io::Error::other(self.failure(&output)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn failed(script: &str) -> Error {
        let runner = Runner::shared("az", &Environment::default());
        let arguments = [OsStr::new("-c"), OsStr::new(script)];
        let error = runner
            .run(OsStr::new("/bin/sh"), &arguments)
            .await
            .unwrap_err();
        crate::error::inner(&error).unwrap()
    }

    #[tokio::test]
    async fn a_failed_run_is_told_without_its_words() {
        let error = failed("exit 127").await;
        assert_eq!(error.message(), "`az` is not on the `PATH`");
        let error = failed("echo \"Please run 'az login' hunter2\" >&2; exit 1").await;
        assert_eq!(error.message(), "nobody is logged in to `az`");
        let error = failed("echo 'AADSTS700082: expired hunter2' >&2; exit 1").await;
        assert_eq!(error.message(), "`az` gives no token: `AADSTS700082`");
        let error = failed("echo hunter2 >&2; exit 3").await;
        assert_eq!(error.message(), "`az` gives no token (exit status: 3)");
    }
}
