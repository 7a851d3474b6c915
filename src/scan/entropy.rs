//! How many bits a byte of a text carries, by Shannon: random text carries more than words.

/// Bits a byte, from 0 for one repeated byte to 8.
#[must_use]
pub fn bits(bytes: &[u8]) -> f32 {
    let mut counts = [0_u16; 256];
    // A secret longer than that is a key, and its beginning tells.
    let bytes = &bytes[..bytes.len().min(4096)];
    for &byte in bytes {
        counts[usize::from(byte)] += 1;
    }
    let total = f32::from(u16::try_from(bytes.len()).unwrap_or(u16::MAX));
    let bits = counts.iter().filter(|&&count| count > 0).map(|&count| {
        let share = f32::from(count) / total;
        -share * share.log2()
    });
    bits.sum()
}
