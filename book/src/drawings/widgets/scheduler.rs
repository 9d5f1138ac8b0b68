//! *Be the scheduler*: every order of the steps of a lost update, as loom found them.

use anyhow::{Context, Result, ensure};
use maud::{Markup, html};

/// What loom found for one way to lock.
struct Model<'a> {
    name: &'a str,
    orders: Vec<Interleaving<'a>>,
}

struct Interleaving<'a> {
    /// Such as `sister read 0`.
    steps: Vec<&'a str>,
    cookies: u32,
}

/// How many cookies were baked: each of the two cooks bakes one.
const BAKED: u32 = 2;

impl Model<'_> {
    fn lost(&self) -> usize {
        let is_lost = |order: &&Interleaving| order.cookies < BAKED;
        self.orders.iter().filter(is_lost).count()
    }
}

/// Reads `NAME: N orders, M lose a cookie`, and under it for each order its steps and the cookies
/// that are left: `  I read 0, I wrote 1, sister read 1, sister wrote 2: 2`.
fn models(text: &str) -> Result<[Model<'_>; 2]> {
    let mut models: Vec<Model> = Vec::new();
    for line in text.lines() {
        let wrong = || format!("\"{line}\" tells of no order");
        let (left, right) = line.rsplit_once(": ").with_context(wrong)?;
        if let Some(steps) = left.strip_prefix("  ") {
            let model = models.last_mut().with_context(wrong)?;
            model.orders.push(Interleaving {
                steps: steps.split(", ").collect(),
                cookies: right.parse().ok().with_context(wrong)?,
            });
        } else {
            models.push(Model {
                name: left,
                orders: Vec::new(),
            });
        }
    }
    for model in &models {
        let stated = format!(
            "{}: {} orders, {} lose a cookie",
            model.name,
            model.orders.len(),
            model.lost()
        );
        ensure!(
            text.lines().any(|line| line == stated),
            "what stands under \"{}\" adds up to \"{stated}\"",
            model.name
        );
    }
    <[Model; 2]>::try_from(models)
        .ok()
        .context("it must tell of two ways to lock")
}

pub(super) fn draw(text: &str) -> Result<String> {
    let models = models(text)?;
    let tables = models.each_ref().map(table).concat();
    let [apart, together] = models;
    Ok(format!(
        r#"<figure class="widget scheduler">
<figcaption>Be the scheduler: {} orders, and {} of them lose a cookie</figcaption>
<div class="play" hidden>
<p>Each of us bakes one cookie: reads how many lie on the plate, then writes one more. You say who takes the next step.</p>
<div class="buttons" role="group" aria-label="Who takes the next step?">
<button type="button" data-cook="I">I</button>
<button type="button" class="hers" data-cook="sister">sister</button>
<button type="button" data-do="back">Step back</button>
<button type="button" data-do="again">Begin again</button>
</div>
<p><label><input type="checkbox" name="lock"> {} (instead of {})</label></p>
<dl><div><dt>I found</dt><dd data-found="I">–</dd></div><div><dt>on the plate</dt><dd data-plate>0</dd></div><div><dt>sister found</dt><dd data-found="sister">–</dd></div></dl>
<p class="said" role="status"></p>
<p class="tally"></p>
</div>
{tables}</figure>
"#,
        apart.orders.len(),
        apart.lost(),
        capitalised(together.name),
        apart.name,
    ))
}

/// A row for each order, which loses a cookie or not.
fn table(model: &Model) -> String {
    let lost = match model.lost() {
        0 => "none loses".to_owned(),
        1 => "1 loses".to_owned(),
        lost => format!("{lost} lose"),
    };
    let name = capitalised(model.name);
    let orders = model.orders.len();
    let heads = ["first", "second", "third", "fourth", "on the plate"]
        .map(|head| format!("<th scope=\"col\">{head}</th>"))
        .concat();
    let rows = model.orders.iter().map(|order| row(order).0);
    format!(
        "<table>\n<caption>{name}: {orders} orders, {lost} a cookie</caption>\n\
         <thead><tr>{heads}</tr></thead>\n<tbody>\n{}</tbody>\n</table>\n",
        rows.collect::<String>()
    )
}

fn row(Interleaving { steps, cookies }: &Interleaving) -> Markup {
    let is_lost = *cookies < BAKED;
    html! {
        tr class=[is_lost.then_some("lost")] {
            @for step in steps {
                td class=[step.starts_with("sister ").then_some("hers")] { (step) }
            }
            td {
                b { (cookies) }
                @if is_lost { ", one is lost" }
            }
        }
        "\n"
    }
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = "\
a lock for each step: 2 orders, 1 lose a cookie
  I read 0, sister read 0, I wrote 1, sister wrote 1: 1
  sister read 0, sister wrote 1, I read 1, I wrote 2: 2
one lock for both: 1 orders, 0 lose a cookie
  I read 0, I wrote 1, sister read 1, sister wrote 2: 2
";

    #[test]
    fn each_order_is_a_row_and_a_lost_cookie_is_told_in_words() -> Result<()> {
        let html = draw(RECORD)?;
        assert!(html.contains("2 orders, and 1 of them"), "{html}");
        assert!(html.contains("<caption>A lock for each step: 2 orders, 1 loses a cookie<"));
        assert!(html.contains(
            "<tr class=\"lost\"><td>I read 0</td><td class=\"hers\">sister read 0</td>\
             <td>I wrote 1</td><td class=\"hers\">sister wrote 1</td>\
             <td><b>1</b>, one is lost</td></tr>"
        ));
        assert_eq!(html.matches("<tr").count(), 2 + 3);
        Ok(())
    }

    #[test]
    fn a_record_that_does_not_add_up_is_refused() {
        let wrong = RECORD.replace("2 orders, 1 lose", "2 orders, 2 lose");
        for (text, said) in [
            (
                wrong.as_str(),
                "what stands under \"a lock for each step\" adds up to \
                 \"a lock for each step: 2 orders, 1 lose a cookie\"",
            ),
            ("thread panicked\n", "\"thread panicked\" tells of no order"),
            ("", "it must tell of two ways to lock"),
        ] {
            assert_eq!(draw(text).expect_err("no record").to_string(), said);
        }
    }
}
