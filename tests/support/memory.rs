//! What is in the memory of another process.

use std::os::unix::fs::FileExt as _;

/// How often each of these values is in the writable memory of a process, and how many bytes that has. Only root may look
/// into a process that holds secrets; for others the test says that it is skipped.
pub(crate) fn copies(id: u32, values: &[&str]) -> Option<(Vec<usize>, usize)> {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root may look into a process that holds secrets");
        return None;
    }
    let maps = std::fs::read_to_string(format!("/proc/{id}/maps")).expect("a map");
    let memory = std::fs::File::open(format!("/proc/{id}/mem")).expect("its memory");
    let mut found = vec![0; values.len()];
    let mut all = 0;
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (from, to) = line
            .split(' ')
            .next()
            .and_then(|range| range.split_once('-'))
            .expect("a range");
        let address = |text| u64::from_str_radix(text, 16).expect("an address");
        let mut bytes = vec![0; usize::try_from(address(to) - address(from)).expect("a size")];
        // A stack that was just given back is no part of it any more.
        if memory.read_exact_at(&mut bytes, address(from)).is_err() {
            continue;
        }
        all += bytes.len();
        for (count, value) in found.iter_mut().zip(values) {
            *count += bytes
                .windows(value.len())
                .filter(|part| *part == value.as_bytes())
                .count();
        }
    }
    assert!(all > 100_000, "there was memory to look at: {all}");
    Some((found, all))
}
