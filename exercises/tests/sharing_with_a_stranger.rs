#[cfg_attr(
    feature = "solutions",
    path = "../src/solutions/sharing_with_a_stranger.rs"
)]
#[cfg_attr(not(feature = "solutions"), path = "../src/sharing_with_a_stranger.rs")]
mod sharing_with_a_stranger;

use std::env;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use sharing_with_a_stranger::accept;

const TEXT: &[u8] = b"500 g sugar";

fn recipe(seals: SealFlag) -> File {
    let flags = MFdFlags::MFD_ALLOW_SEALING;
    let mut recipe = File::from(memfd_create("recipe", flags).unwrap());
    recipe.write_all(TEXT).unwrap();
    fcntl(&recipe, FcntlArg::F_ADD_SEALS(seals)).unwrap();
    recipe
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn what_nobody_can_change_is_accepted_wherever_its_offset_stands() {
    let mut sealed = recipe(SealFlag::F_SEAL_WRITE | SealFlag::F_SEAL_SHRINK);
    for offset in [0, 3, TEXT.len() as u64] {
        sealed.seek(SeekFrom::Start(offset)).unwrap();
        assert_eq!(accept(&sealed).unwrap(), TEXT);
        let now = sealed.stream_position().unwrap();
        assert_eq!(now, offset, "the offset is the sender's too");
    }
    let more =
        SealFlag::F_SEAL_WRITE | SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_SEAL;
    assert_eq!(
        accept(&recipe(more)).unwrap(),
        TEXT,
        "more seals do no harm"
    );
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn what_somebody_can_change_is_refused() {
    for seals in [
        SealFlag::empty(),
        SealFlag::F_SEAL_WRITE,
        SealFlag::F_SEAL_SHRINK,
        SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL,
    ] {
        assert!(accept(&recipe(seals)).is_err(), "sealed by {seals:?} alone");
    }
}

#[test]
#[ignore = "an exercise: yours to solve"]
fn an_ordinary_file_is_refused() {
    let program = File::open(env::current_exe().unwrap()).unwrap();
    assert!(accept(&program).is_err(), "somebody may write to it");
}
