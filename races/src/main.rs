//! Prints what loom finds when it runs a model in every order of its steps.

mod lost_update;
mod lost_wakeup;
mod orderings;

use std::process::ExitCode;
use std::{env, panic};

fn main() -> ExitCode {
    // A deadlock that a model finds is its result, and needs no other report.
    panic::set_hook(Box::new(|_| {}));
    match env::args().nth(1).as_deref() {
        Some("lost-update") => lost_update::main(),
        Some("lost-wakeup") => lost_wakeup::main(),
        Some("orderings") => orderings::main(),
        _ => {
            eprintln!("error: name one of the models: lost-update, lost-wakeup, orderings");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
