//! The Python package that live databases of SQL Server need. It holds no secret, and is written beside the files that do.

/// Paths below a directory of `PYTHONPATH`, and what stands in each file.
pub(crate) fn files() -> &'static [(&'static str, &'static str)] {
    const FILES: &[(&str, &str)] = &[
        (
            "nuages_live/__init__.py",
            include_str!("python/nuages_live/__init__.py"),
        ),
        (
            "nuages_live/files.py",
            include_str!("python/nuages_live/files.py"),
        ),
        (
            "nuages_live/mssql/__init__.py",
            include_str!("python/nuages_live/mssql/__init__.py"),
        ),
        (
            "nuages_live/mssql/base.py",
            include_str!("python/nuages_live/mssql/base.py"),
        ),
        (
            "nuages_live/mssql/client.py",
            include_str!("python/nuages_live/mssql/client.py"),
        ),
    ];
    FILES
}
