//! The Python that has PyTorch and Keras, and how it is asked to time them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Peer;
use crate::workspace::Workspace;

/// Asks the frameworks for no wider instructions than AVX2: PyTorch's own kernels and what torch.compile generates, oneDNN (in
/// both frameworks; nearly all of TensorFlow's work here) and MKL. On AMD's processors MKL, which does PyTorch's matrix products,
/// takes AVX2 anyway.
pub(super) const AVX2: [(&str, &str); 4] = [
    ("ATEN_CPU_CAPABILITY", "avx2"),
    ("TORCHINDUCTOR_CPP_MARCH", "x86-64-v3"),
    ("MKL_ENABLE_INSTRUCTIONS", "AVX2"),
    ("ONEDNN_MAX_CPU_ISA", "AVX2"),
];

/// A Python with the frameworks that are asked for.
pub(super) struct Python {
    program: PathBuf,
    script: PathBuf,
}

impl Python {
    /// The Python of `--python`, of `BENCH_PYTHON`, or of the virtual environment `bench/.venv`.
    pub(super) fn find(
        workspace: &Workspace,
        asked: Option<&Path>,
        peers: &[Peer],
    ) -> Result<Self> {
        let script = workspace.root.join("bench").join("peers.py");
        let environment = std::env::var_os("BENCH_PYTHON");
        let program = choose(asked, environment, &workspace.root)?;
        let mut modules = Vec::new();
        for peer in peers {
            modules.extend_from_slice(match peer {
                Peer::Torch | Peer::TorchCompile => &["torch"],
                Peer::Keras => &["keras", "tensorflow"],
            });
        }
        modules.dedup();
        // Looks for the modules without loading them, which would take seconds.
        let look = "import sys; from importlib.util import find_spec; \
                    print(*(name for name in sys.argv[1:] if find_spec(name) is None))";
        let output = Command::new(&program)
            .args(["-c", look])
            .args(&modules)
            .output()
            .with_context(|| format!("The Python {} cannot be started.", program.display()))?;
        if !output.status.success() {
            bail!(
                "The Python {} does not work: {}",
                program.display(),
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        let missing = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !missing.is_empty() {
            bail!(
                "The Python {} has no {}. Install what is compared: {} -m pip install -r bench/requirements.txt",
                program.display(),
                missing.replace(' ', " and no "),
                program.display()
            );
        }
        Ok(Self { program, script })
    }

    /// The command that times one framework on one workload.
    pub(super) fn peer(
        &self,
        peer: Peer,
        workload: &str,
        threads: &str,
        data: Option<&Path>,
    ) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg(&self.script)
            .args([peer.name(), workload, "--threads", threads]);
        if let Some(data) = data {
            command.arg("--data").arg(data);
        }
        command
    }
}

fn choose(asked: Option<&Path>, environment: Option<OsString>, root: &Path) -> Result<PathBuf> {
    if let Some(program) = asked {
        return Ok(program.to_path_buf());
    }
    if let Some(program) = environment.filter(|value| !value.is_empty()) {
        return Ok(program.into());
    }
    let folder = root.join("bench").join(".venv");
    for inside in ["bin/python", "Scripts/python.exe"] {
        let program = folder.join(inside);
        if program.is_file() {
            return Ok(program);
        }
    }
    bail!(
        "The peers need a Python with PyTorch and Keras. These two commands, in the workshop's folder, make one (about 2 GB):\n  \
         python3 -m venv bench/.venv\n  bench/.venv/bin/pip install -r bench/requirements.txt\nOr name one that has them: \
         --python PATH, or BENCH_PYTHON."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_comes_before_the_environment_and_that_before_the_folder() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("bench/.venv/bin");
        let chosen = |asked: Option<&str>, environment: Option<&str>| {
            choose(
                asked.map(Path::new),
                environment.map(OsString::from),
                root.path(),
            )
        };
        let error = chosen(None, None).unwrap_err().to_string();
        assert!(error.contains("python3 -m venv bench/.venv"), "{error}");
        assert!(error.contains("-r bench/requirements.txt"), "{error}");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("python"), "").unwrap();
        assert_eq!(chosen(None, None).unwrap(), folder.join("python"));
        assert_eq!(chosen(None, Some("")).unwrap(), folder.join("python"));
        assert_eq!(chosen(None, Some("there")).unwrap(), Path::new("there"));
        assert_eq!(
            chosen(Some("here"), Some("there")).unwrap(),
            Path::new("here")
        );
    }
}
