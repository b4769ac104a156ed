//! Every way in which a file can lie about itself is an error that a person can act on.

use super::*;
use flate2::{Compression, write::GzEncoder};
use std::io::Write;
use std::path::PathBuf;
use tempfile::TempDir;

/// The bytes of an IDX file.
pub(in crate::data) fn idx(magic: u32, dims: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = magic.to_be_bytes().to_vec();
    for dim in dims {
        bytes.extend(dim.to_be_bytes());
    }
    bytes.extend(values);
    bytes
}

pub(in crate::data) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn images() -> Vec<u8> {
    idx(2051, &[2, 2, 3], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
}

struct Fixture {
    _folder: TempDir,
    path: PathBuf,
}

fn file(bytes: &[u8]) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("the-file");
    std::fs::write(&path, bytes).unwrap();
    Fixture {
        _folder: folder,
        path,
    }
}

/// The error that reading these bytes as images gives; it must name the file.
fn refusal(bytes: &[u8]) -> String {
    let message = format!("{:#}", read_images(&file(bytes).path).unwrap_err());
    assert!(message.contains("the-file"), "{message}");
    message
}

#[test]
fn reads_images_and_labels_as_they_were_written() {
    let read = read_images(&file(&images()).path).unwrap();
    assert_eq!(
        read.to_vec3::<u8>().unwrap(),
        [[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]
    );
    let read = read_labels(&file(&idx(2049, &[3], &[7, 0, 9])).path).unwrap();
    assert_eq!(read.to_vec1::<u32>().unwrap(), [7, 0, 9]);
}

#[test]
fn tells_gzip_from_the_content_not_from_the_name() {
    let read = read_images(&file(&gzip(&images())).path).unwrap();
    assert_eq!(read.dims(), [2, 2, 3]);
}

#[test]
fn refuses_a_truncated_file() {
    let bytes = images();
    for cut in 0..bytes.len() {
        let message = refusal(&bytes[..cut]);
        assert!(
            message.contains("fetch it again"),
            "cut at {cut}: {message}"
        );
    }
    let message = refusal(&bytes[..bytes.len() - 1]);
    assert!(
        message.contains("12 bytes, but only 11 follow"),
        "{message}"
    );
}

#[test]
fn refuses_a_truncated_gzip_file() {
    let bytes = gzip(&images());
    for cut in 0..bytes.len() {
        refusal(&bytes[..cut]);
    }
}

#[test]
fn refuses_a_gzip_file_with_a_changed_byte() {
    let sound = gzip(&images());
    // Bytes 4 to 9 of a gzip header are a date and two remarks: they carry no data and no checksum covers them.
    for at in (0..4).chain(10..sound.len()) {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x10;
        refusal(&bytes);
    }
}

#[test]
fn refuses_bytes_after_the_end() {
    let mut bytes = images();
    bytes.push(0);
    assert!(refusal(&bytes).contains("more bytes follow"));
    assert!(refusal(&gzip(&bytes)).contains("more bytes follow"));
    let mut packed = gzip(&images());
    packed.extend(b"left over");
    refusal(&packed);
}

#[test]
fn refuses_a_wrong_magic_number_and_says_when_files_were_swapped() {
    let labels = idx(2049, &[3], &[7, 0, 9]);
    assert!(refusal(&labels).contains("swapped"));
    let page = refusal(b"<html><body>404 Not Found</body></html>");
    assert!(
        page.contains("2051") && page.contains("error page"),
        "{page}"
    );
}

#[test]
fn believes_no_header_that_claims_more_than_there_is() {
    // 4 Gi × 4 Gi × 4 Gi bytes, then a size that fits into memory on paper only: neither may be allocated.
    assert!(refusal(&idx(2051, &[u32::MAX; 3], &[1])).contains("more than any such file"));
    assert!(refusal(&idx(2051, &[2_000_000, 28, 28], &[1])).contains("only 1 follow"));
    assert!(refusal(&gzip(&idx(2051, &[2_000_000, 28, 28], &[1]))).contains("only 1 follow"));
    assert!(refusal(&idx(2051, &[0, 28, 28], &[])).contains("none"));
}

#[test]
fn names_a_file_that_is_not_there() {
    let message = format!("{:#}", read_labels("no-such-file").unwrap_err());
    assert!(message.contains("no-such-file"), "{message}");
}
