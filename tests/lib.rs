//! Running one snippet by skeptic, with a time limit and a short report.

use std::any::Any;
use std::panic;
use std::sync::Once;

use book::snippets::PLACE;

/// Compiles and runs a snippet by skeptic: what its generated tests call instead of
/// `skeptic::rt::run_test`, whose arguments these are.
///
/// # Panics
/// When the snippet doesn't compile, doesn't exit with 0, or runs longer than 10 s: with the place
/// in the book, after what the compiler or the snippet printed.
pub fn run_snippet(root: &str, out: &str, target: &str, text: &str) {
    // Skeptic reports a failure by its whole command, of 15 kB, which we leave out.
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if failed_command(info.payload()).is_none() {
                report(info);
            }
        }));
    });
    // Without skeptic's empty first line, the compiler's line numbers are those of the source.
    let text = text.strip_prefix('\n').unwrap_or(text);
    let place = text
        .lines()
        .find_map(|line| line.strip_prefix(PLACE))
        .expect("each snippet's last line says where it stands");
    let limited = format!("{text}{}", include_str!("time_limit.rs"));
    let Err(failure) = panic::catch_unwind(|| skeptic::rt::run_test(root, out, target, &limited))
    else {
        return;
    };
    let source = place.rsplit(", from ").next().unwrap_or(place);
    let source = source.split(':').next().unwrap_or(source);
    let what = match failed_command(&*failure) {
        Some(command) if command.contains("/out.exe\"") => "doesn't exit with 0",
        Some(_) => "doesn't compile",
        None => panic::resume_unwind(failure),
    };
    // Not by `panic!`, whose own report would follow.
    let report =
        format!("{place}: the snippet {what} (see above; line N of test.rs is line N of {source})");
    eprintln!("{report}");
    panic::resume_unwind(Box::new(report))
}

/// The program that failed, from skeptic's message of it.
fn failed_command(payload: &(dyn Any + Send)) -> Option<&str> {
    let command = payload
        .downcast_ref::<String>()?
        .strip_prefix("Command failed:\n")?;
    Some(command.split(' ').next().unwrap_or(command))
}
