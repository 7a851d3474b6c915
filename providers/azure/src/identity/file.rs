//! Files with a credential in them: small, and files.

use std::{io, path::Path};

/// The largest file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// The whole file, or in words why not. A pipe or a device could keep a run waiting for ever.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let told = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        kind => kind.to_string(),
    };
    let file = std::fs::metadata(path).map_err(told)?;
    if !file.is_file() {
        return Err("it is no file".to_owned());
    }
    if file.len() > LARGEST {
        return Err("it is larger than 1 MiB".to_owned());
    }
    std::fs::read(path).map_err(told)
}
