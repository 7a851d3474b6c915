//! Makes the scanner's rules, `src/scan/rules/*.toml`, into a static table and lays out their keywords for the search: a run
//! parses no rule, and a rule that is wrong stops the build.

use std::{env, error::Error, fmt::Write as _, fs, path::Path};

use index::{Index, Use};
use random::follows;

#[path = "src/scan/files/keywords.rs"]
mod file_keywords;
#[path = "src/scan/prefilter/index.rs"]
#[allow(dead_code, reason = "the search reads what is laid out here")]
mod index;
#[path = "src/scan/words/random.rs"]
#[allow(dead_code, reason = "the program asks it more")]
mod random;
#[path = "src/scan/words/stems.rs"]
#[allow(unreachable_pub, reason = "the library shows it")]
mod stems;

#[expect(
    clippy::disallowed_methods,
    reason = "this is how cargo tells where its output goes"
)]
fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new("src/scan/rules");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<_> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_, std::io::Error>>()?;
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "toml")
    });
    files.sort();
    let mut table = String::from("static BUILT_IN: &[Rule] = &[\n");
    let mut keywords = Vec::new();
    let mut number = 0;
    for file in files {
        println!("cargo::rerun-if-changed={}", file.display());
        let text = fs::read_to_string(&file)?;
        let document: toml::Table = text
            .parse()
            .map_err(|error| format!("{}: {error}", file.display()))?;
        let rules = document
            .get("rule")
            .and_then(toml::Value::as_array)
            .ok_or("a file of rules without [[rule]]")?;
        for rule in rules {
            let rule = rule.as_table().ok_or("a rule that is no table")?;
            let written = write_rule(&mut table, rule);
            for keyword in written.map_err(|error| {
                format!(
                    "{}: {}: {error}",
                    file.display(),
                    rule.get("id")
                        .and_then(toml::Value::as_str)
                        .unwrap_or_default()
                )
            })? {
                keywords.push((keyword, number));
            }
            number += 1;
        }
    }
    table.push_str("];\n");
    let directory = env::var_os("OUT_DIR").ok_or("no OUT_DIR")?;
    let directory = Path::new(&directory);
    fs::write(directory.join("rules.rs"), table)?;
    fs::write(directory.join("index.rs"), index_of(&keywords)?)?;
    println!(
        "cargo::rustc-env=NUAGES_SCAN_BUILD={:016x}",
        hash_of(Path::new("src/scan"))?
    );
    Ok(())
}

/// The keywords of rules, each with the rule's place in the table, and those that are asked for besides, as Rust.
fn index_of(keywords: &[(String, u32)]) -> Result<String, Box<dyn Error>> {
    let rules = keywords
        .iter()
        .map(|(keyword, number)| (keyword.as_bytes(), Use::Rule(*number)));
    let words = stems::STEMS.iter().map(|word| (word.as_bytes(), Use::Word));
    let files = file_keywords::KEYWORDS
        .iter()
        .map(|word| (word.as_bytes(), Use::File));
    let index = Index::new(rules.chain(words).chain(files));
    let mut rust = String::from(
        "#[allow(clippy::unreadable_literal, reason = \"nobody reads them\")]\nstatic BUILT_IN: Index = Index {\n",
    );
    writeln!(
        rust,
        "    text: Cow::Borrowed(b\"{}\"),",
        index.text.escape_ascii()
    )?;
    writeln!(rust, "    uses: Cow::Borrowed(&{:?}),", index.uses)?;
    writeln!(rust, "    bits: Cow::Borrowed(&{:?}),", index.bits)?;
    writeln!(
        rust,
        "    more_bits: Cow::Borrowed(&{:?}),",
        index.more_bits
    )?;
    for (name, numbers) in [
        ("ends", &index.ends),
        ("rules", &index.rules),
        ("rule_ends", &index.rule_ends),
        ("table", &index.table),
        ("grams", &index.grams),
        ("gram_ends", &index.gram_ends),
        ("anchored", &index.anchored),
        ("offsets", &index.offsets),
    ] {
        writeln!(rust, "    {name}: Cow::Borrowed(&{numbers:?}),")?;
    }
    rust.push_str("};\n");
    Ok(rust)
}

/// Changes with the scanner's code and rules: what one build has found clean another may not.
fn hash_of(folder: &Path) -> Result<u64, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut entries: Vec<_> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_, std::io::Error>>()?;
    entries.sort();
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for path in entries {
        if path.is_dir() {
            hash = (hash ^ hash_of(&path)?).wrapping_mul(0x0100_0000_01b3);
            continue;
        }
        for byte in fs::read(&path)? {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    Ok(hash)
}

/// The keys of a rule; `positive` and `negative` are for the tests and stay out of the program.
const KEYS: &[&str] = &[
    "id",
    "title",
    "keywords",
    "pattern",
    "group",
    "entropy",
    "validator",
    "confidence",
    "shown",
    "before",
    "after",
    "multiline",
    "paths",
    "remedy",
    "source",
    "positive",
    "negative",
];

/// Adds a rule, and gives back what the prefilter has to look for on its behalf.
fn write_rule(table: &mut String, rule: &toml::Table) -> Result<Vec<String>, Box<dyn Error>> {
    if let Some(key) = rule.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("unknown key `{key}`").into());
    }
    let text = |key: &str| rule.get(key).and_then(toml::Value::as_str);
    let required = |key: &str| text(key).ok_or(format!("no `{key}`"));
    let number = |key: &str, default: i64| match rule.get(key) {
        None => Ok(default),
        Some(value) => value
            .as_integer()
            .ok_or(format!("`{key}` is no whole number")),
    };
    let pattern = text("pattern");
    let default_group = i64::from(pattern.is_some_and(has_group));
    let confidence = match text("confidence").unwrap_or("medium") {
        "low" => "Low",
        "medium" => "Medium",
        "high" => "High",
        other => return Err(format!("`{other}` is no confidence").into()),
    };
    let keywords = list(rule, "keywords")?;
    if keywords
        .iter()
        .any(|keyword| keyword.to_ascii_lowercase() != *keyword || keyword.len() < 3)
    {
        return Err("a keyword is lower-case and has at least three bytes".into());
    }
    if pattern.is_some() && keywords.is_empty() {
        return Err("a pattern needs keywords".into());
    }
    let entropy = rule.get("entropy").map_or(Some(0.0), |value| {
        value.as_float().or_else(|| {
            value
                .as_integer()
                .and_then(|bits| u8::try_from(bits).ok())
                .map(f64::from)
        })
    });
    writeln!(
        table,
        "    Rule {{ id: Cow::Borrowed({:?}), title: Cow::Borrowed({:?}), keywords: {}, pattern: {}, group: {}, \
         entropy: {:?}, validator: {}, confidence: Confidence::{confidence}, shown: {}, before: {}, after: {}, \
         multiline: {}, paths: {}, remedy: Cow::Borrowed({:?}), source: Cow::Borrowed({:?}) }},",
        required("id")?,
        required("title")?,
        borrowed(&keywords),
        pattern.map_or("None".to_owned(), |pattern| format!(
            "Some(Cow::Borrowed({pattern:?}))"
        )),
        number("group", default_group)?,
        entropy.ok_or("`entropy` is no number")?,
        text("validator").map_or("None".to_owned(), |path| format!(
            "Some(crate::scan::validate::{path})"
        )),
        number("shown", 0)?,
        number("before", 64)?,
        number("after", 512)?,
        rule.get("multiline")
            .is_some_and(|value| value.as_bool() == Some(true)),
        borrowed(&list(rule, "paths")?),
        required("remedy")?,
        required("source")?,
    )?;
    Ok(if pattern.is_some() {
        keywords
    } else {
        Vec::new()
    })
}

/// Whether a pattern has a capturing group.
fn has_group(pattern: &str) -> bool {
    let bytes = pattern.as_bytes();
    (0..bytes.len()).any(|at| {
        let is_escaped = bytes[..at]
            .iter()
            .rev()
            .take_while(|&&byte| byte == b'\\')
            .count()
            % 2
            == 1;
        bytes[at] == b'(' && !is_escaped && bytes.get(at + 1) != Some(&b'?')
    })
}

fn list(rule: &toml::Table, key: &str) -> Result<Vec<String>, String> {
    let Some(value) = rule.get(key) else {
        return Ok(Vec::new());
    };
    let items = value.as_array().ok_or(format!("`{key}` is no list"))?;
    items
        .iter()
        .map(|item| {
            item.as_str()
                .map(str::to_owned)
                .ok_or(format!("`{key}` holds more than texts"))
        })
        .collect()
}

fn borrowed(items: &[String]) -> String {
    let items: Vec<String> = items
        .iter()
        .map(|item| format!("Cow::Borrowed({item:?})"))
        .collect();
    format!("Cow::Borrowed(&[{}])", items.join(", "))
}
