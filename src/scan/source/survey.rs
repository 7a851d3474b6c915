//! The first pass over a repository's objects: its commits, trees and tags, each decoded once.

use gix::{ObjectId, Repository, objs::Kind, odb::loose};

use super::{
    Sink, Trouble,
    catalog::{Catalog, index},
    decode::{Decoder, Visitor},
    git,
    graph::Graph,
    pack::Pack,
};

/// Reads commits, trees and tags. Also says which loose objects are blobs.
pub(super) fn survey(
    repository: &Repository,
    catalog: &Catalog,
    sink: &dyn Sink,
) -> (Graph, Vec<u32>) {
    let mut builder = Builder {
        catalog,
        graph: Graph::new(catalog, repository.object_hash()),
        pack: 0,
        sink,
    };
    for (number, pack) in catalog.packs.iter().enumerate() {
        builder.pack = number;
        let needed = pack.needed(|entry| pack.kind(entry) != Some(Kind::Blob));
        let mut decoder = Decoder::new(git::MOST_BYTES);
        for root in pack.roots().filter(|&root| needed[index(root)]) {
            decoder.family(pack, root, &needed, &mut builder);
        }
        let lost = pack.lost();
        if lost > 0 {
            let what = format!(
                "{lost} of the pack's objects cannot be read: the pack is cut short, or they are made from objects that are not in it"
            );
            sink.trouble(Trouble::new(pack.index.path().display().to_string(), what));
        }
    }
    let (mut blobs, mut buffer) = (Vec::new(), Vec::new());
    for (number, id, store) in catalog.loose() {
        match loose_object(store, id, &mut buffer) {
            Ok(Kind::Blob) => blobs.push(number),
            Ok(kind) => builder.add(number, kind, &buffer, None),
            Err(reason) => sink.trouble(Trouble::new(id.to_string(), reason)),
        }
    }
    (builder.graph, blobs)
}

/// The kind of a loose object, and what is in it unless it is a blob.
fn loose_object(store: &loose::Store, id: ObjectId, buffer: &mut Vec<u8>) -> Result<Kind, String> {
    let unreadable = |error: &dyn std::error::Error| {
        format!("the loose object cannot be read: {}", git::reason(error))
    };
    let gone = || "the loose object is gone".to_owned();
    let (size, kind) = store
        .try_header(&id)
        .map_err(|error| unreadable(&error))?
        .ok_or_else(gone)?;
    if size > git::MOST_BYTES {
        return Err(git::too_large(size));
    }
    if kind != Kind::Blob {
        store
            .try_find(&id, buffer)
            .map_err(|error| unreadable(&error))?
            .ok_or_else(gone)?;
    }
    Ok(kind)
}

struct Builder<'a> {
    catalog: &'a Catalog,
    graph: Graph,
    pack: usize,
    sink: &'a dyn Sink,
}

impl Builder<'_> {
    fn add(&mut self, number: u32, kind: Kind, bytes: &[u8], base: Option<(&[u8], &Vec<u32>)>) {
        self.add_kept(number, kind, bytes, base);
    }

    fn add_kept(
        &mut self,
        number: u32,
        kind: Kind,
        bytes: &[u8],
        base: Option<(&[u8], &Vec<u32>)>,
    ) -> Vec<u32> {
        self.graph
            .add(self.catalog, number, kind, bytes, base)
            .unwrap_or_else(|reason| {
                self.sink
                    .trouble(Trouble::new(self.catalog.id(number).to_string(), reason));
                Vec::new()
            })
    }
}

impl Visitor for Builder<'_> {
    type Kept = Vec<u32>;

    fn entry(
        &mut self,
        pack: &Pack,
        entry: u32,
        bytes: &[u8],
        base: Option<(&[u8], &Vec<u32>)>,
    ) -> Vec<u32> {
        match (self.catalog.number_of(self.pack, entry), pack.kind(entry)) {
            (Some(number), Some(kind)) => self.add_kept(number, kind, bytes, base),
            _ => Vec::new(),
        }
    }

    fn large(&mut self, pack: &Pack, entry: u32, size: u64) {
        self.broken(pack, entry, git::too_large(size));
    }

    fn broken(&mut self, pack: &Pack, entry: u32, reason: String) {
        let id = pack.index.oid_at_index(pack.position(entry));
        self.sink.trouble(Trouble::new(id.to_string(), reason));
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _};

    use gix::{hash, zlib};

    use super::*;

    #[test]
    fn a_loose_object_that_claims_all_memory_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let id = ObjectId::from_hex(&[b'a'; 40]).unwrap();
        let level = zlib::Compression::new(1).unwrap();
        let mut file = zlib::stream::deflate::Write::new(Vec::new(), level);
        file.write_all(b"tree 999999999999\x00100644 a\x00")
            .unwrap();
        file.flush().unwrap();
        fs::create_dir(directory.path().join("aa")).unwrap();
        let path = directory.path().join("aa").join("a".repeat(38));
        fs::write(path, file.into_inner()).unwrap();
        let store = loose::Store::at(directory.path().to_owned(), hash::Kind::Sha1);
        let refused = loose_object(&store, id, &mut Vec::new()).unwrap_err();
        assert_eq!(refused, git::too_large(999_999_999_999));
    }
}
