//! Cookies are served as soon as they are baked, whoever bakes fastest.

/// Has each of the cooks 1 to `cooks` bake in a thread of her own: `bake(cook)`
/// gives her cookie. Calls `serve` with each cookie as soon as it is baked, in the
/// calling thread, and returns when all are served.
///
/// Use a channel, and don't count: the channel's end tells you that all is served.
pub fn serve_as_baked(
    cooks: u32,
    bake: impl Fn(u32) -> u32 + Sync,
    serve: impl FnMut(u32),
) {
    todo!("a sender for each cook; and which one is left over?")
}
