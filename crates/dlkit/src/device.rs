//! Which device a run computes on.
//!
//! The CPU is the default. A build with `--features cuda` or `--features metal` can use a GPU, and `DLKIT_DEVICE` says so
//! for a whole run without a change to the program: `cpu`, `cuda`, `cuda:1`, `metal`.

use anyhow::{Context, Result, bail};
use candle_core::Device;

/// The device named by the environment variable `DLKIT_DEVICE`; the CPU when it is not set.
///
/// # Errors
/// When the name is unknown, when dlkit was built without the feature it needs, or when the device cannot be opened.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// let device = dlkit::device()?;
/// # Ok(()) }
/// ```
pub fn device() -> Result<Device> {
    match std::env::var("DLKIT_DEVICE") {
        Ok(name) => named(&name)
            .with_context(|| format!("the environment variable DLKIT_DEVICE asks for \"{name}\"")),
        Err(_) => Ok(Device::Cpu),
    }
}

/// The device with this name: `cpu`, `cuda`, `metal`, or one of several GPUs as in `cuda:1`.
///
/// # Errors
/// As for [`device`].
pub fn named(name: &str) -> Result<Device> {
    let wanted = name.trim().to_ascii_lowercase();
    let (kind, number) = wanted.split_once(':').unwrap_or((&wanted, "0"));
    let Ok(number) = number.parse::<usize>() else {
        bail!("\"{number}\" is not the number of a device: write, for example, cuda:0");
    };
    match kind {
        "" | "cpu" => Ok(Device::Cpu),
        "cuda" if !cfg!(feature = "cuda") => bail!(feature_missing("cuda")),
        "metal" if !cfg!(feature = "metal") => bail!(feature_missing("metal")),
        "cuda" => Device::new_cuda(number)
            .with_context(|| format!("CUDA device {number} cannot be opened")),
        "metal" => Device::new_metal(number)
            .with_context(|| format!("Metal device {number} cannot be opened")),
        _ => bail!("there is no device called \"{kind}\": use cpu, cuda or metal"),
    }
}

fn feature_missing(feature: &str) -> String {
    format!(
        "this build of dlkit has no {feature} support: build it with `--features {feature}`, or unset DLKIT_DEVICE to use the CPU"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_cpu_by_name() {
        for name in ["cpu", "CPU", " cpu "] {
            assert!(named(name).unwrap().is_cpu());
        }
    }

    #[test]
    fn refuses_unknown_devices_with_the_choices() {
        assert!(
            named("tpu")
                .unwrap_err()
                .to_string()
                .contains("cpu, cuda or metal")
        );
        assert!(
            named("cuda:first")
                .unwrap_err()
                .to_string()
                .contains("cuda:0")
        );
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn says_which_feature_is_missing() {
        assert!(
            named("cuda")
                .unwrap_err()
                .to_string()
                .contains("--features cuda")
        );
    }
}
