use std::sync::Arc;

use super::*;
use crate::fixture::{self, EPOCHS, IMAGES, paper};
use crate::record::Predictions;
use crate::report::{Failure, Paper, Reported, STAND_IN, TestImages};

const HOSTILE: &str = "<img src=x onerror=alert(1)> & \"quoted\" 'arm' {{ 7 * 7 }}";

/// Every image is wrong in every trial, and there are many.
fn everything_wrong(report: &mut Report, images: usize) {
    let labels: Vec<u8> = (0..images).map(|image| (image % 10) as u8).collect();
    let wrong = |&label: &u8| (0..10).map(move |class| if class == (label + 1) % 10 { 0.91 } else { 0.01 });
    let predictions = Predictions {
        classes: 10,
        indices: (0..images as u32).collect(),
        probabilities: labels.iter().flat_map(wrong).collect(),
        labels: labels.clone(),
    };
    let pixels = (0..images * 256).map(|pixel| (pixel * pixel % 251) as u8).collect();
    let pictures = Arc::new(TestImages { height: 16, width: 16, pixels, labels });
    for experiment in &mut report.experiments {
        experiment.test_images = Some(Arc::clone(&pictures));
        for record in experiment.arms.iter_mut().flat_map(|arm| &mut arm.records) {
            record.results.test = Some(predictions.clone());
        }
    }
}

#[test]
fn a_whole_paper_stays_under_two_megabytes() {
    let mut report = paper();
    everything_wrong(&mut report, 500);
    let page = render(&report).unwrap();
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
    assert_eq!(page.matches("<img ").count(), 3 * 60);
    assert_eq!(page.matches("<image ").count(), 1, "digits behind cells are drawn from one picture");
    assert!(page.contains("500 of 500 test images") && page.contains("The first 60 are shown"));
}

#[test]
fn the_page_can_be_looked_at() {
    let path = std::env::temp_dir().join("tinderbox-report.html");
    std::fs::write(&path, render(&paper()).unwrap()).unwrap();
    assert!(std::fs::read_to_string(path).unwrap().ends_with("</html>"));
}

#[test]
fn every_string_of_the_report_is_text() {
    let mut report = fixture::report();
    for text in [&mut report.title, &mut report.created, &mut report.command, &mut report.backend] {
        *text = HOSTILE.into();
    }
    report.notice = Some(HOSTILE.into());
    let [title, author, date, kind, source, plain] = [HOSTILE; 6].map(String::from);
    let parts = [(HOSTILE.to_string(), HOSTILE.to_string())].into();
    report.paper = Some(Paper { title, author, date, kind, source, plain, parts });
    (report.plan.profile, report.plan.hash) = (HOSTILE.into(), HOSTILE.into());
    let experiment = &mut report.experiments[0];
    let facts = &mut experiment.facts;
    for text in [&mut facts.name, &mut facts.title, &mut facts.part, &mut facts.statement] {
        *text = HOSTILE.into();
    }
    experiment.arms[0].facts.name = HOSTILE.into();
    experiment.arms[0].facts.description = HOSTILE.into();
    experiment.arms[0].facts.reported = Some(Reported { percent: 95.5, what: HOSTILE.into() });
    experiment.arms[0].failures = vec![Failure { seed: 1, reason: HOSTILE.into() }];
    experiment.facts.protocol = HOSTILE.into();
    for record in &mut experiment.arms[0].records {
        record.arm = HOSTILE.into();
    }
    for record in experiment.arms.iter_mut().flat_map(|arm| &mut arm.records) {
        record.experiment = HOSTILE.into();
        record.results.protocol = HOSTILE.into();
        record.results.dataset.title = HOSTILE.into();
        record.results.model.layers[0].name = HOSTILE.into();
        record.environment.cpu = HOSTILE.into();
        record.environment.os = HOSTILE.into();
        record.timing.started = HOSTILE.into();
    }
    let page = render(&report).unwrap();
    assert!(!page.contains("<img src=x") && !page.contains("\"quoted\""));
    assert_eq!(page.matches("<img ").count(), page.matches("<img src=\"data:image/png;base64,").count());
    assert!(page.matches("&#60;img src=x onerror=alert(1)&#62;").count() > 20);
    well_formed(&page);
}

#[test]
fn the_head_names_the_paper_as_reported_and_parts_by_their_headings() {
    let mut report = paper();
    let without = render(&report).unwrap();
    assert!(!without.contains("as reported"), "no paper is named where none is known");
    report.paper = Some(Paper {
        title: "On digits".into(),
        author: "A. Nobody".into(),
        date: "March".into(),
        kind: "a note".into(),
        source: "its first page".into(),
        plain: "It reads digits.".into(),
        parts: [("Extra, table 3".to_string(), "Extra: searches".to_string())].into(),
    });
    let page = render(&report).unwrap();
    let head = &page[page.find("<header>").unwrap()..page.find("</header>").unwrap()];
    for piece in [
        "<p class=\"plain\">It reads digits.</p>",
        "as reported:</span> <cite>On digits</cite>, A. Nobody, March; a note. Source: its first page.",
        "All trials together took ",
        "on Example CPU @ 2.00 GHz",
    ] {
        assert!(head.contains(piece), "{piece} in {head}");
    }
    assert!(page.contains("<p class=\"part\">Extra: searches</p>"));
    assert!(page.contains("<p class=\"part\">Task I, figure 1</p>"), "a part without a heading has its name");
}

#[test]
fn the_page_has_no_script_but_ours_and_needs_no_other_file() {
    let page = render(&paper()).unwrap();
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains(&format!("<script>{}</script>", policy::SCRIPT)));
    let policy =
        page.split("Content-Security-Policy\" content=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"));
    assert!(policy::SCRIPT.lines().count() < 150);
    let outside = [
        "fetch(",
        "XMLHttpRequest",
        " style=\"",
        "stylesheet",
        "@import",
        "src=\"http",
        "href=\"http",
        "url(http",
        "url(\"",
        " onload=",
        " onclick=",
    ];
    for outside in outside {
        assert!(!page.contains(outside), "{outside}");
    }
    well_formed(&page);
}

#[test]
fn every_reference_within_the_page_has_one_target() {
    let page = render(&paper()).unwrap();
    let values = |attribute: &str| -> Vec<String> {
        let start = format!(" {attribute}=\"");
        let pieces = page.split(&start).skip(1);
        pieces.map(|piece| piece.split('"').next().unwrap().to_owned()).collect()
    };
    let ids = values("id");
    let mut unique = ids.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(ids.len(), unique.len(), "duplicate id");
    let links = values("href")
        .into_iter()
        .filter(|link| !link.starts_with("data:"))
        .map(|link| link.trim_start_matches('#').to_owned());
    let labels = values("aria-labelledby");
    let clips = values("clip-path")
        .into_iter()
        .map(|clip| clip.trim_start_matches("url(#").trim_end_matches(')').to_owned());
    let targets: Vec<String> =
        links.chain(clips).chain(labels.iter().flat_map(|names| names.split(' ').map(Into::into))).collect();
    assert!(targets.len() > 30);
    for target in targets {
        assert!(ids.contains(&target), "no {target}");
    }
}

#[test]
fn tables_pictures_and_figures_are_named() {
    let page = render(&paper()).unwrap();
    assert_eq!(page.matches("<table").count(), page.matches("<caption ").count());
    assert_eq!(page.matches("<th>").count(), 0, "every heading of a table has a scope");
    let drawings = page.matches("<svg ").count() - page.matches(" aria-hidden=\"true\"").count();
    assert_eq!(drawings, page.matches("role=\"img\" aria-labelledby").count());
    assert_eq!(drawings, page.matches("<title id").count());
    assert_eq!(page.matches("<img ").count(), page.matches(" alt=\"Test image ").count());
    for landmark in ["<html lang=\"en\">", "<header>", "<nav aria-labelledby", "<main id", "<footer>"] {
        assert!(page.contains(landmark), "{landmark}");
    }
    assert!(
        page.contains("cnn: 96.87 % in epoch 8, seeds 96.50 % to 97.24 %"),
        "a figure says in words where its lines end"
    );
}

#[test]
fn the_table_tells_what_was_measured() {
    let page = render(&paper()).unwrap();
    let rows: Vec<&str> = page.split("<tr>").filter(|row| row.contains("everything else as in 0.")).collect();
    assert_eq!(rows.len(), 3);
    assert!(
        rows[1].contains("95.7<small>test accuracy, table 1</small>") && rows[1].contains("<td>8</td>"),
        "{}",
        rows[1]
    );
    assert!(
        rows[2].contains("<td>–</td><td>–</td>")
            && rows[2].contains("<td>0<small>8\u{a0}diverged, 1\u{a0}failed</small></td>"),
        "{}",
        rows[2]
    );
    assert!(page.contains("all trials are tested on the same 40 images"));
    assert_eq!(page.matches("Diverged trials are drawn up to").count(), 1);
    let hash = paper().experiments[0].arms[0].records[0].result_hash();
    assert!(page.contains(&format!("<code title=\"{hash}\">{}</code>", &hash[..10])));
}

#[test]
fn stand_in_digits_are_named_in_the_head_and_at_every_table() {
    let mut report = paper();
    assert!(!render(&report).unwrap().contains(STAND_IN));
    report.experiments[2].arms[0].records[0].results.dataset.stand_in = true;
    let page = render(&report).unwrap();
    let head = &page[page.find("<header>").unwrap()..page.find("</header>").unwrap()];
    assert!(head.contains(STAND_IN));
    let mut named = page.split("<caption ").skip(1).chain(page.split("<figcaption>").skip(1));
    assert!(named.all(|rest| rest.split("</").take(3).any(|piece| piece.contains(STAND_IN))));
}

#[test]
fn digits_that_all_get_wrong_are_shown_with_every_answer() {
    let page = render(&fixture::report()).unwrap();
    assert!(page.contains(&format!("2 of {IMAGES} test images")), "images 0 and 5");
    let card = page.split("<li>").find(|card| card.contains("alt=\"Test image 5, a 5\"")).unwrap();
    for answer in ["<dt>fcn</dt><dd>8 (75 %)</dd>", "<dt>cnn</dt><dd>8 (75 %)</dd>", "100 % of trials wrong"]
    {
        assert!(card.contains(answer), "{card}");
    }
    let mut without = fixture::report();
    without.experiments[0].test_images = None;
    let page = render(&without).unwrap();
    assert!(!page.contains("<img") && page.contains("8 (75 %)"));
}

#[test]
fn an_empty_report_is_a_page() {
    let mut report = fixture::report();
    for arm in &mut report.experiments[0].arms {
        arm.records.clear();
        arm.waiting = 3;
    }
    let page = render(&report).unwrap();
    assert!(page.contains("0 trials with results, 0 failed, 9 waiting") && !page.contains("<figure>"));
    report.experiments.clear();
    well_formed(&render(&report).unwrap());
}

#[test]
fn equal_reports_are_equal_bytes() {
    assert_eq!(render(&paper()).unwrap(), render(&paper()).unwrap());
    assert!(render(&paper()).unwrap().contains(&format!("up to {EPOCHS} epochs")));
}

#[test]
fn parts_that_do_not_belong_together_make_no_page() {
    let mut report = fixture::report();
    report.experiments[0].arms[0].records[0].arm = "mlp".into();
    let error = render(&report).unwrap_err().to_string();
    assert!(error.ends_with("seed 0: the record belongs to arm mlp"), "{error}");
}

#[test]
fn text_can_be_read_on_its_ground_in_both_colour_schemes() {
    let style = include_str!("../../templates/style.css");
    let (light, dark) = style.split_once("@media (prefers-color-scheme: dark)").unwrap();
    for scheme in [light, dark] {
        let colour = |name: &str| {
            let value = scheme.split_once(&format!("--{name}: #")).unwrap().1;
            let hex = value.split(';').next().unwrap();
            let digits: Vec<f64> = hex.chars().map(|digit| f64::from(digit.to_digit(16).unwrap())).collect();
            [0, 2, 4].map(|at| (digits[at] * 16.0 + digits[at + 1]) / 255.0)
        };
        let names = [
            "text", "quiet", "link", "line-0", "line-1", "line-2", "line-3", "line-4", "line-5", "line-6",
            "line-7",
        ];
        for name in names {
            let ratio = contrast(colour(name), colour("paper"));
            assert!(ratio >= 4.5, "{name}: {ratio:.2}");
        }
        assert!(
            contrast(colour("text"), colour("notice")) >= 4.5
                && contrast(colour("text"), colour("raised")) >= 4.5
        );
    }
}

/// Source: Web Content Accessibility Guidelines 2.2, "contrast ratio" and "relative luminance".
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let linear = |c: f64| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
    let luminance = |[r, g, b]: [f64; 3]| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

/// Every element is closed, in order.
#[track_caller]
fn well_formed(page: &str) {
    const VOID: [&str; 6] = ["meta", "link", "br", "img", "!DOCTYPE", "!--"];
    let mut open: Vec<&str> = Vec::new();
    let without = |page: &str, start: &str, end: &str| {
        let (before, rest) = page.split_once(start).unwrap();
        before.to_owned() + rest.split_once(end).unwrap().1
    };
    let markup = without(&without(page, "<style>", "</style>"), "<script>", "</script>");
    for tag in markup.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap_or_else(|| panic!("<{tag} is not closed"));
        let name = tag.split([' ', '\n', '/']).next().unwrap();
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "in {open:?}");
        } else if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}
