pub(crate) fn main() -> dlkit::Result<()> {
    Ok(())
}
