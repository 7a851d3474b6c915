//! A repository with some of its objects, its index or the bytes of a file changed.

use std::{fs, ops::Range, path::Path};

use libfuzzer_sys::arbitrary::{self, Arbitrary};

use crate::repository::{self, Base, Id, Packed, Repository, Staged};

/// The object of a number: few of them, so that what is made up hangs together.
pub const fn id(number: u8) -> Id {
    [number % 24; 20]
}

#[derive(Arbitrary, Debug)]
pub struct Input<'a> {
    /// Which way it is looked at.
    pub way: u8,
    pub how: u8,
    pub objects: Vec<Object<'a>>,
    pub index: Option<Index<'a>>,
    pub splices: Vec<Splice<'a>>,
}

/// An object in the place of one that is there, or besides.
#[derive(Arbitrary, Debug)]
pub struct Object<'a> {
    number: u8,
    form: Form,
    kind: u8,
    /// What it says of its size, where that is not so.
    size: Option<u64>,
    body: Body<'a>,
}

#[derive(Arbitrary, Debug)]
pub enum Form {
    Whole,
    Before(u8),
    Named(u8),
    Loose,
}

#[derive(Arbitrary, Debug)]
pub enum Body<'a> {
    Raw(&'a [u8]),
    Tree(Vec<(u8, &'a [u8], u8)>),
    Commit {
        tree: u8,
        parents: Vec<u8>,
        time: u32,
    },
    Tag(u8),
    Delta {
        base: u8,
        size: u8,
        commands: &'a [u8],
    },
    /// So many bytes of one kind, or copies of all of a base.
    Large(u32),
}

#[derive(Arbitrary, Debug)]
pub struct Index<'a> {
    version: u8,
    entries: Vec<(&'a [u8], u8, u8, u8)>,
    extensions: Vec<Extension<'a>>,
}

#[derive(Arbitrary, Debug)]
pub enum Extension<'a> {
    Tree(&'a [u8]),
    /// A directory in a directory and so on.
    Deep(u16),
    DeepUntracked(u16),
    Link(u8, &'a [u8]),
    Untracked(&'a [u8]),
    Other([u8; 4], &'a [u8]),
}

#[derive(Arbitrary, Debug)]
pub struct Splice<'a> {
    pub file: u8,
    at: u16,
    without: u16,
    bytes: &'a [u8],
}

/// Files that may be changed, as they stand below `.git`. Of the first ones a change must not hide a thing.
pub const FILES: &[&str] = &[
    "objects/pack/pack-1.pack",
    "objects/pack/pack-1.idx",
    "LOOSE",
    "objects/info/commit-graph",
    "index",
    "HEAD",
    "refs/heads/main",
    "packed-refs",
    "shallow",
    "objects/info/alternates",
    "config",
    "logs/refs/stash",
    "logs/HEAD",
    "info/exclude",
    "../.gitignore",
    "refs/tags/v1",
    "info/grafts",
    "objects/pack/multi-pack-index",
];
pub const SOUND: usize = 4;

/// What is in the blobs that hang on the branch.
pub const TEXTS: [&str; 4] = [
    "first text\nof two lines\n",
    "third text\n",
    "first text\nand more\n",
    "first text\nloose\n",
];

fn packed(number: u8, kind: u8, content: Vec<u8>) -> Packed {
    Packed {
        id: id(number),
        kind,
        base: Base::None,
        size: None,
        content,
    }
}

/// Two commits on a branch, a merge, a tag; blobs whole, as both kinds of delta, and loose.
fn sound() -> (Vec<Packed>, Vec<(Id, &'static str, Vec<u8>)>) {
    let commit = |tree, parents: &[u8], time| {
        let parents: Vec<Id> = parents.iter().map(|&parent| id(parent)).collect();
        repository::commit(&id(tree), &parents, time)
    };
    let first = repository::tree(&[("100644", b"a.py", &id(5)), ("40000", b"d", &id(6))]);
    let second = repository::tree(&[
        ("100644", b"a.py", &id(7)),
        ("40000", b"d", &id(6)),
        ("100755", b"e.env", &id(10)),
    ]);
    let mut more = vec![24, 20, 0x91, 0, 11, 9];
    more.extend(b"and more\n");
    let objects = vec![
        packed(2, 1, commit(4, &[1], 20)),
        packed(1, 1, commit(3, &[], 10)),
        packed(4, 2, second),
        packed(3, 2, first),
        packed(6, 2, repository::tree(&[("100644", b"x", &id(8))])),
        packed(5, 3, TEXTS[0].into()),
        packed(8, 3, TEXTS[1].into()),
        Packed {
            base: Base::Entry(5),
            ..packed(7, 6, more.clone())
        },
        packed(
            9,
            4,
            format!(
                "object {}\ntype commit\ntag v1\n\nx\n",
                repository::hex(&id(2))
            )
            .into(),
        ),
        Packed {
            base: Base::Id(id(5)),
            ..packed(13, 7, more)
        },
    ];
    let loose = vec![
        (id(10), "blob", TEXTS[3].into()),
        (
            id(11),
            "tree",
            repository::tree(&[
                ("100644", b"a.py", &id(7)),
                ("120000", b"l", &id(8)),
                ("160000", b"s", &id(1)),
            ]),
        ),
        (id(12), "commit", commit(11, &[2, 1], 30)),
    ];
    (objects, loose)
}

/// Writes the repository, with the objects and the index of an input.
pub fn write(repository: &Repository, input: &Input<'_>) {
    let (mut packed, mut loose) = sound();
    for object in input.objects.iter().take(24) {
        add(object, &mut packed, &mut loose);
    }
    let (pack, index) = repository::pack(&packed);
    repository.write(FILES[0], &pack);
    repository.write(FILES[1], &index);
    for (id, kind, content) in loose {
        let said = input
            .objects
            .iter()
            .find(|object| self::id(object.number) == id);
        let size = said
            .and_then(|object| said_size(object.size))
            .unwrap_or(content.len() as u64);
        let whole = [format!("{kind} {size}\0").as_bytes(), &content].concat();
        repository.write(&repository::loose_path(&id), &repository::deflate(&whole));
    }
    repository.reference("refs/heads/main", &id(12));
    repository.reference("refs/tags/v1", &id(9));
    let packed_refs = format!(
        "# pack-refs with: peeled fully-peeled sorted \n{} refs/heads/old\n{} refs/remotes/origin/main\n",
        repository::hex(&id(1)),
        repository::hex(&id(1))
    );
    repository.write("packed-refs", packed_refs.as_bytes());
    let stash = format!(
        "{} {} A U <a@b> 1 +0000\tx\n",
        repository::hex(&id(0)),
        repository::hex(&id(2))
    );
    repository.write("logs/refs/stash", stash.as_bytes());
    let graph = repository::commit_graph(&[
        (id(1), id(3), vec![], 10),
        (id(2), id(4), vec![0], 20),
        (id(12), id(11), vec![1, 0], 30),
    ]);
    repository.write("objects/info/commit-graph", &graph);
    let cached = |name: &str, count: i32, children: u8, number: u8| {
        [
            format!("{name}\0{count} {children}\n").as_bytes(),
            &id(number),
        ]
        .concat()
    };
    let entries = [
        (&b"a.py"[..], 7, 0, 0),
        (b"d/x", 8, 0, 0),
        (b"e.env", 10, 1, 0),
        (b"l", 5, 2, 0),
    ];
    let tree = [&b"\0-1 1\n"[..], &cached("d", 1, 0, 6)].concat();
    let usual = Index {
        version: 0,
        entries: entries.to_vec(),
        extensions: vec![Extension::Tree(&tree)],
    };
    write_index(repository, input.index.as_ref().unwrap_or(&usual));
}

fn write_index(repository: &Repository, index: &Index<'_>) {
    const MODES: [u32; 6] = [0o100_644, 0o100_755, 0o120_000, 0o160_000, 0o040_000, 0];
    let entries: Vec<Staged<'_>> = index
        .entries
        .iter()
        .map(|&(path, number, mode, flags)| Staged {
            path,
            mode: MODES[usize::from(mode) % MODES.len()],
            id: id(number),
            flags: u16::from(flags) << 8,
        })
        .collect();
    let contents: Vec<(&[u8; 4], Vec<u8>)> = index.extensions.iter().map(extension).collect();
    let extensions: Vec<(&[u8; 4], &[u8])> = contents
        .iter()
        .map(|(name, content)| (*name, &content[..]))
        .collect();
    let version = u32::from(index.version) % 3 + 2;
    let bytes = repository::index(version, &entries, &extensions);
    for extension in &index.extensions {
        if let Extension::Link(number, _) = extension {
            // The index that it is a part of is itself.
            repository.write(
                &format!("sharedindex.{}", repository::hex(&id(*number))),
                &bytes,
            );
        }
    }
    repository.write("index", &bytes);
}

fn extension<'a>(extension: &'a Extension<'_>) -> (&'a [u8; 4], Vec<u8>) {
    match extension {
        Extension::Tree(bytes) => (b"TREE", bytes.to_vec()),
        Extension::Deep(levels) => {
            let levels = usize::from(*levels) * 8;
            (
                b"TREE",
                [&b"\0-1 1\n".repeat(levels)[..], b"\0-1 0\n"].concat(),
            )
        }
        Extension::DeepUntracked(levels) => {
            let levels = usize::from(*levels) * 8;
            let head = [
                &[0; 1 + 36 + 36 + 4 + 40][..],
                b".gitignore\0",
                &[0x8f, 0xff, 0x7f],
            ]
            .concat();
            (
                b"UNTR",
                [head, [0, 1, 0].repeat(levels), vec![0; 8]].concat(),
            )
        }
        Extension::Link(number, bytes) => (b"link", [&id(*number)[..], bytes].concat()),
        Extension::Untracked(bytes) => (b"UNTR", bytes.to_vec()),
        Extension::Other(name, bytes) => (name, bytes.to_vec()),
    }
}

fn add(
    object: &Object<'_>,
    packed: &mut Vec<Packed>,
    loose: &mut Vec<(Id, &'static str, Vec<u8>)>,
) {
    const KINDS: [&str; 4] = ["commit", "tree", "blob", "tag"];
    let content = content(&object.body);
    let kind = match &object.body {
        Body::Commit { .. } => 1,
        Body::Tree(_) => 2,
        Body::Large(_) => 3,
        Body::Tag(_) => 4,
        Body::Raw(_) | Body::Delta { .. } => object.kind % 4 + 1,
    };
    let own = id(object.number);
    if matches!(object.form, Form::Loose) {
        loose.retain(|(id, ..)| *id != own);
        loose.push((own, KINDS[usize::from(kind) - 1], content));
        packed.retain(|other| other.id != own);
        return;
    }
    let place = packed.iter().position(|other| other.id == own);
    let count = packed.len();
    let (kind, base) = match object.form {
        Form::Before(number) => (
            6,
            Base::Entry(usize::from(number) % place.unwrap_or(count).max(1)),
        ),
        Form::Named(number) => (7, Base::Id(id(number))),
        Form::Whole | Form::Loose => (kind, Base::None),
    };
    let entry = Packed {
        id: own,
        kind,
        base,
        size: said_size(object.size),
        content,
    };
    match place {
        Some(place) => packed[place] = entry,
        None => packed.push(entry),
    }
}

/// What an object says of its size. As much as a large blob may have is in fact given to it, and is left out here.
fn said_size(size: Option<u64>) -> Option<u64> {
    const LARGE: Range<u64> = 32 << 20..2 << 30;
    size.map(|size| {
        if LARGE.contains(&size) {
            size << 12
        } else {
            size
        }
    })
}

fn content(body: &Body<'_>) -> Vec<u8> {
    const MODES: [&str; 6] = ["100644", "40000", "120000", "160000", "100755", "0"];
    match body {
        Body::Raw(bytes) => bytes.to_vec(),
        Body::Tree(entries) => {
            let ids: Vec<Id> = entries.iter().map(|entry| id(entry.2)).collect();
            let entries: Vec<(&str, &[u8], &Id)> = entries
                .iter()
                .zip(&ids)
                .map(|((mode, name, _), id)| (MODES[usize::from(*mode) % MODES.len()], *name, id))
                .collect();
            repository::tree(&entries)
        }
        Body::Commit {
            tree,
            parents,
            time,
        } => {
            let parents: Vec<Id> = parents.iter().map(|&parent| id(parent)).collect();
            repository::commit(&id(*tree), &parents, *time)
        }
        Body::Tag(target) => format!(
            "object {}\ntype commit\ntag x\n\nx\n",
            repository::hex(&id(*target))
        )
        .into(),
        Body::Delta {
            base,
            size,
            commands,
        } => [&[*base & 0x7f, *size & 0x7f][..], commands].concat(),
        Body::Large(size) => vec![b'x'; (size % (1 << 20)) as usize],
    }
}

/// Changes the bytes of a file.
pub fn change(repository: &Repository, git: &Path, splice: &Splice<'_>) {
    let name = FILES[usize::from(splice.file) % FILES.len()];
    let loose = repository::loose_path(&id(10));
    let name = if name == "LOOSE" { &loose } else { name };
    let mut bytes = fs::read(git.join(name)).unwrap_or_default();
    let at = usize::from(splice.at).min(bytes.len());
    let end = (at + usize::from(splice.without)).min(bytes.len());
    bytes.splice(at..end, splice.bytes.iter().copied());
    repository.write(name, &bytes);
}
