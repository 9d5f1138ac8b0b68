//! My sister has time: she fetches the sugar before she lights the oven, and mother has
//! only the flour to get. In which minute are the cookies done?

/// Let `work` be done by mother, sister and me, as in the listing `bake-together`; gives
/// the minute in which the cookies are done.
///
/// `work(from, steps)` works through so many steps from minute `from` on, and gives the
/// minute when they are done. The steps: flour 1, sugar 1, dough 3, oven 4, baking 2. In the
/// test it returns only when whatever can begin in the same minute has begun.
pub fn bake_with_sisters_help(
    work: impl Fn(usize, usize) -> usize + Sync,
) -> usize {
    todo!("sister fetches the sugar, then heats the oven")
}
