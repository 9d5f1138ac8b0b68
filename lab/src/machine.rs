//! What machine this is: all that a figure depends on and that can be asked.

use std::fmt;
use std::fs;

use serde::{Deserialize, Serialize};

use crate::proc::{bytes, field, value};
use crate::topology::Chosen;

/// A machine, as its kernel describes it. What can't be asked is `None` or empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// Model name, and on x86 family and model, which tell more than some names.
    pub cpu: String,
    /// How many CPUs this process may use.
    pub cpus: usize,
    /// Those on which the rows run. None in a record that is older than the choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<Chosen>,
    /// Whether it runs under a hypervisor.
    pub is_virtual: Option<bool>,
    /// In bytes.
    pub memory: Option<u64>,
    /// `Linux 6.18.44`
    pub kernel: String,
    /// What compiled the lab: `rustc 1.95.0 (...)`
    pub rust: String,
    /// `glibc 2.36`
    pub libc: Option<String>,
    /// Those that the kernel reports, but for "Not affected": `spectre_v2: Mitigation: ...`
    pub mitigations: Vec<String>,
    /// Of the first CPU's frequency; none where the kernel doesn't steer it.
    pub governor: Option<String>,
    /// For huge pages without a request: `always`, `madvise` or `never`.
    pub huge_pages: Option<String>,
}

impl Machine {
    /// This one.
    pub fn here() -> Self {
        let text = |file| fs::read_to_string(file).unwrap_or_default();
        let cpuinfo = text("/proc/cpuinfo");
        Self {
            cpu: cpu(&cpuinfo),
            cpus: std::thread::available_parallelism().map_or(1, usize::from),
            chosen: Chosen::here().ok().cloned(),
            is_virtual: field(&cpuinfo, "flags")
                .map(|flags| flags.split_whitespace().any(|flag| flag == "hypervisor")),
            memory: bytes(&text("/proc/meminfo"), "MemTotal"),
            kernel: kernel(),
            rust: env!("LAB_RUSTC").to_owned(),
            libc: libc_version(),
            mitigations: mitigations(),
            governor: value("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
            huge_pages: value("/sys/kernel/mm/transparent_hugepage/enabled").and_then(
                |choices: String| {
                    let (_, chosen) = choices.split_once('[')?;
                    Some(chosen.split_once(']')?.0.to_owned())
                },
            ),
        }
    }
}

/// In one line, for the head of a table and the legend of a chart.
impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cpus = match self.cpus {
            1 => "1 CPU".to_owned(),
            count => format!("{count} CPUs"),
        };
        write!(f, "{} ({cpus}", self.cpu)?;
        if self.is_virtual == Some(true) {
            f.write_str(", virtual")?;
        }
        write!(f, "), {}", self.kernel)
    }
}

fn cpu(cpuinfo: &str) -> String {
    let Some(name) = field(cpuinfo, "model name") else {
        return std::env::consts::ARCH.to_owned();
    };
    match (field(cpuinfo, "cpu family"), field(cpuinfo, "model")) {
        (Some(family), Some(model)) => format!("{name}, family {family}, model {model}"),
        _ => name.to_owned(),
    }
}

/// The system's name and release, without what its maker appends: `6.18.44` of `6.18.44-x-1`.
fn kernel() -> String {
    let Ok(name) = nix::sys::utsname::uname() else {
        return std::env::consts::OS.to_owned();
    };
    let release = name.release().to_string_lossy();
    let release = release.split('-').next().unwrap_or_default();
    format!("{} {release}", name.sysname().to_string_lossy())
}

#[cfg(target_env = "gnu")]
fn libc_version() -> Option<String> {
    // SAFETY: gnu_get_libc_version(3) takes nothing and gives a constant C string.
    let version = unsafe { std::ffi::CStr::from_ptr(nix::libc::gnu_get_libc_version()) };
    Some(format!("glibc {}", version.to_str().ok()?))
}

#[cfg(not(target_env = "gnu"))]
fn libc_version() -> Option<String> {
    None
}

fn mitigations() -> Vec<String> {
    let Ok(folder) = fs::read_dir("/sys/devices/system/cpu/vulnerabilities") else {
        return Vec::new();
    };
    let mut found: Vec<String> = folder
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let state: String = value(entry.path())?;
            let name = entry.file_name().to_string_lossy().into_owned();
            (state != "Not affected").then(|| format!("{name}: {state}"))
        })
        .collect();
    found.sort();
    found
}
