//! Reads IDX files, the format of MNIST, plain or gzipped.
//!
//! A file is four big-endian bytes that say what follows (`0 0 8 d`: bytes in `d` dimensions), one big-endian u32 for each
//! dimension, and then the values, the last dimension fastest. Images are magic number 2051 (`d` = 3), labels 2049 (`d` = 1);
//! see <http://yann.lecun.com/exdb/mnist/>.
//!
//! Whether a file is gzipped is told from its first bytes, not from its name. A file that is not exactly what its header says
//! is refused: half of a training set trains nearly as well as the whole, so nobody would notice.

use crate::Result;
use anyhow::{Context, anyhow, bail, ensure};
use candle_core::{Device, Tensor};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek};
use std::path::Path;

/// Reads images: a tensor `(n, height, width)` of u8 on the CPU.
///
/// # Errors
/// When the file cannot be read, or is not a whole, undamaged IDX file of images and nothing more. The message names the file,
/// what was expected, what was found, and what to do.
pub fn read_images(path: impl AsRef<Path>) -> Result<Tensor> {
    let path = path.as_ref();
    let ([n, height, width], pixels) = read(path, &IMAGES)?;
    Ok(Tensor::from_vec(pixels, (n, height, width), &Device::Cpu)?)
}

/// Reads labels: a tensor `(n,)` of u32 on the CPU.
///
/// # Errors
/// As [`read_images`], for a file of labels.
pub fn read_labels(path: impl AsRef<Path>) -> Result<Tensor> {
    let path = path.as_ref();
    let ([n], labels) = read(path, &LABELS)?;
    let labels = labels.into_iter().map(u32::from).collect();
    Ok(Tensor::from_vec(labels, n, &Device::Cpu)?)
}

/// What a file holds.
struct Kind {
    magic: u32,
    name: &'static str,
}

const IMAGES: Kind = Kind {
    magic: 2051,
    name: "images",
};
const LABELS: Kind = Kind {
    magic: 2049,
    name: "labels",
};

/// More than any set of small images needs. A damaged header can claim 2⁹⁶ bytes; this is where we stop believing.
const MOST_BYTES: u64 = 1 << 31;

const ADVICE: &str =
    "the file is damaged or was not downloaded to its end: delete it and fetch it again";

fn read<const D: usize>(path: &Path, kind: &Kind) -> Result<([usize; D], Vec<u8>)> {
    let (values, on_disk) = open(path)?;
    read_values(values, on_disk, kind).with_context(|| format!("cannot use {}", path.display()))
}

/// The file's bytes, unpacked where they are gzipped, and, where they are not, how many there are.
fn open(path: &Path) -> Result<(Box<dyn Read>, Option<u64>)> {
    let cannot_open = || {
        format!(
            "cannot open {}: is the path right, and may you read it?",
            path.display()
        )
    };
    let mut file = File::open(path).with_context(cannot_open)?;
    let mut start = Vec::new();
    file.by_ref()
        .take(2)
        .read_to_end(&mut start)
        .with_context(cannot_open)?;
    file.rewind().with_context(cannot_open)?;
    let length = file.metadata().with_context(cannot_open)?.len();
    let reader = BufReader::new(file);
    Ok(if start == [0x1f, 0x8b] {
        (Box::new(MultiGzDecoder::new(reader)), None)
    } else {
        (Box::new(reader), Some(length))
    })
}

fn read_values<const D: usize>(
    mut file: Box<dyn Read>,
    on_disk: Option<u64>,
    kind: &Kind,
) -> Result<([usize; D], Vec<u8>)> {
    let magic = word(&mut file).context("expected the header of an IDX file")?;
    if magic != kind.magic {
        bail!(wrong_magic(magic, kind));
    }
    let mut dims = [0; D];
    for dim in &mut dims {
        *dim = word(&mut file).context("expected the sizes in the header of an IDX file")? as usize;
    }
    let claimed = dims
        .iter()
        .try_fold(1u64, |bytes, &dim| bytes.checked_mul(dim as u64))
        .filter(|&bytes| bytes <= MOST_BYTES);
    let Some(expected) = claimed else {
        bail!(
            "its header claims {} of the sizes {dims:?}, which is more than any such file holds; {ADVICE}",
            kind.name
        );
    };
    ensure!(
        expected > 0,
        "its header claims {} of the sizes {dims:?}, which is none; {ADVICE}",
        kind.name
    );
    let header = 4 * (1 + D as u64);
    if let Some(length) = on_disk {
        // Told from the length alone, so that a large file is not read in vain.
        compare(length.saturating_sub(header), expected, &dims, kind)?;
    }
    // `take` and a vector that grows: memory is used for bytes that exist, whatever the header claims. The one byte more finds
    // what should not be there, and reading to the end makes the gzip decoder compare its checksum.
    let mut values = Vec::new();
    file.take(expected + 1)
        .read_to_end(&mut values)
        .map_err(|error| unreadable(&error))?;
    compare(values.len() as u64, expected, &dims, kind)?;
    Ok((dims, values))
}

fn compare(found: u64, expected: u64, dims: &[usize], kind: &Kind) -> Result<()> {
    let name = kind.name;
    ensure!(
        found >= expected,
        "its header promises {name} of the sizes {dims:?}, which is {expected} bytes, but only {found} follow; {ADVICE}"
    );
    ensure!(
        found == expected,
        "its header promises {name} of the sizes {dims:?}, which is {expected} bytes, but more bytes follow those; {ADVICE}"
    );
    Ok(())
}

fn word(file: &mut impl Read) -> Result<u32> {
    let mut bytes = [0; 4];
    file.read_exact(&mut bytes)
        .map_err(|error| unreadable(&error))?;
    Ok(u32::from_be_bytes(bytes))
}

/// A truncated or changed gzip file shows itself as an error of reading.
fn unreadable(error: &std::io::Error) -> anyhow::Error {
    if error.kind() == ErrorKind::UnexpectedEof {
        anyhow!("it ends too early; {ADVICE}")
    } else {
        anyhow!("reading it failed ({error}); {ADVICE}")
    }
}

fn wrong_magic(found: u32, kind: &Kind) -> anyhow::Error {
    let (magic, name) = (kind.magic, kind.name);
    let other = [IMAGES, LABELS]
        .into_iter()
        .find(|other| other.magic == found);
    match other {
        Some(other) => anyhow!(
            "expected {name} (magic number {magic}) but this is a file of {} (magic number {found}): were the two files swapped?",
            other.name
        ),
        None => anyhow!(
            "expected an IDX file of {name}, which begins with the number {magic}, but this begins with {found}: it is another \
             kind of file (perhaps an error page saved under this name): delete it and fetch it again"
        ),
    }
}

#[cfg(test)]
pub(super) mod tests;
