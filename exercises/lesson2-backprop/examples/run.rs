pub(crate) fn main() -> dlkit::prelude::Result<()> {
    Ok(())
}
