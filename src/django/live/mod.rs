//! stub
use super::{engine::Family, seen::Fault};
use crate::value::Table;
use std::path::Path;
use zeroize::Zeroizing;
pub(crate) enum Client {
    MysqlClient,
    PyMysql,
}
pub(crate) struct LiveFile {
    pub(crate) name: String,
    pub(crate) content: Zeroizing<Vec<u8>>,
}
pub(crate) struct Delivery {
    pub(crate) table: Table,
    pub(crate) files: Vec<LiveFile>,
    pub(crate) needs_python: bool,
    pub(crate) hides: &'static [&'static str],
}
pub(crate) fn deliver(
    _alias: &str,
    database: &Table,
    _family: Family,
    _client: Client,
    _directory: &Path,
) -> Result<Delivery, Vec<Fault>> {
    Ok(Delivery {
        table: database.clone(),
        files: vec![],
        needs_python: false,
        hides: &[],
    })
}
pub(crate) fn python_files() -> &'static [(&'static str, &'static str)] {
    &[]
}
