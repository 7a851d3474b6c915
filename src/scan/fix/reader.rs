//! Calls that read the environment, by what is called.

use ruff_python_ast::ExprCall;

use super::path::dotted;

/// What reads a variable.
pub(super) enum Reader {
    /// Python itself; `environ` may stand alone.
    Environ { is_bare: bool },
    /// A library, which raises an error of its own where there is no default.
    Library {
        /// Whether the second argument is the default.
        has_positional: bool,
    },
}

/// What a call reads the environment with: django-environ and environs call their reader `env`, python-decouple `config`.
pub(super) fn reader(call: &ExprCall) -> Option<Reader> {
    let name = dotted(&call.func)?;
    Some(match name.as_str() {
        "os.environ.get" | "os.getenv" | "getenv" => Reader::Environ { is_bare: false },
        "environ.get" => Reader::Environ { is_bare: true },
        // django-environ's second argument is a type.
        "env" => Reader::Library {
            has_positional: false,
        },
        "config" | "decouple.config" => Reader::Library {
            has_positional: true,
        },
        name => {
            let method = name.strip_prefix("env.")?;
            if !matches!(
                method,
                "str" | "bytes" | "url" | "db" | "db_url" | "cache" | "cache_url" | "email_url"
            ) {
                return None;
            }
            Reader::Library {
                has_positional: method == "str",
            }
        }
    })
}
