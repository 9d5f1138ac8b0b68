//! `*counter += 1` is compiled to a load, an addition and a store: three steps, between
//! which another thread may come.
//!
//! Not in the page: its machine has no objdump.

use std::process::Command;
use std::{env, hint, io};

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn bake_one(counter: &mut u64) {
    *counter += 1;
}

/// Which step on the counter a line such as `1234: mov (%rdi),%rax` is. The operand that
/// is written comes last, and the stack (`%rsp`) isn't where the counter lies.
fn step(line: &str) -> Option<&'static str> {
    let (name, operands) = line.split_once(":\t")?.1.split_once(' ')?;
    let (from, to) = operands.trim().rsplit_once(',')?;
    let is_memory = |operand: &str| {
        operand.contains('(')
            && !operand.contains("%rsp")
            && !operand.contains("%rip")
    };
    match name {
        "mov" if is_memory(from) => Some("load"),
        "add" if !to.contains("%rsp") => Some("add"),
        "mov" if is_memory(to) => Some("store"),
        _ => None,
    }
}

fn main() -> io::Result<()> {
    let mut cookies = 0;
    bake_one(hint::black_box(&mut cookies));

    if !cfg!(target_arch = "x86_64") {
        println!("Not here: the steps are known by their names on x86-64");
        return Ok(());
    }
    let objdump = Command::new("objdump")
        .args(["--disassemble=bake_one", "--no-show-raw-insn"])
        .arg(env::current_exe()?)
        .output();
    let code = match objdump {
        Ok(objdump) => String::from_utf8_lossy(&objdump.stdout).into_owned(),
        Err(error) => {
            println!("Not here: no objdump, which belongs to binutils: {error}");
            return Ok(());
        }
    };
    let steps: Vec<&str> = code.lines().filter_map(step).collect();
    println!("*counter += 1: {}", steps.join(", "));
    assert_eq!(steps, ["load", "add", "store"], "in this order:\n{code}");
    Ok(())
}
