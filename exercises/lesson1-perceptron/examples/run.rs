pub fn main() -> dlkit::Result<()> {
    Ok(())
}
