//! What a reader finds on the page of a whole paper.

mod paper;

use paper::paper;
use tinderbox_report::numbers::ExperimentNumbers;
use tinderbox_report::{Verdict, markdown, numbers, render, summary};

/// What lies between `start` and the next `end`.
#[track_caller]
fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    let rest = page.split_once(start).unwrap_or_else(|| panic!("no {start}")).1;
    rest.split_once(end).unwrap_or_else(|| panic!("no {end} after {start}")).0
}

#[track_caller]
fn of<'a>(experiments: &'a [ExperimentNumbers], name: &str) -> &'a ExperimentNumbers {
    experiments.iter().find(|experiment| experiment.name == name).unwrap()
}

#[test]
fn a_whole_paper_stays_under_two_megabytes() {
    let page = render(&paper()).unwrap();
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
}

#[test]
fn every_verdict_is_reached_and_counted_at_the_head() {
    let report = paper();
    let (numbers, page) = (numbers(&report), render(&report).unwrap());
    let verdicts = numbers.verdicts;
    for (count, shape) in [
        (verdicts.holds, "holds"),
        (verdicts.does_not_hold, "does-not-hold"),
        (verdicts.undecided, "undecided"),
        (verdicts.not_judged, "not-judged"),
    ] {
        assert!(count > 0, "no claim is {shape}");
        assert_eq!(page.matches(&format!("<tr data-verdict=\"{shape}\">")).count(), count);
        let tally = between(&page, &format!("<li class=\"{shape}"), "</li>");
        assert!(tally.contains(&format!("<strong>{count}</strong>")), "{tally}");
    }
    assert!(
        between(&page, "<section class=\"ledger\"", "</section>")
            .contains("Not judged: 3 trials of 0.9 are not finished.")
    );
}

#[test]
fn a_claim_shows_what_it_rests_on() {
    let report = paper();
    let page = render(&report).unwrap();
    let best = between(&page, "id=\"claim-architectures-cnn-most-accurate\"", "</article>");
    for piece in [
        "Holds",
        "The CNN achieves the best accuracy.",
        "<title id=",
        "Smallest p that these seeds can give",
        "0.008",
    ] {
        assert!(best.contains(piece), "{piece} in {best}");
    }
    let value = between(&page, "id=\"claim-ensemble-ensemble-accuracy\"", "</article>");
    assert!(value.contains("Reported by the paper: Ensemble 95.57 %."), "{value}");
    assert!(
        value.contains("the lower end of 95.57 ± 0.5 %") || value.contains("the upper end of 95.57 ± 0.5 %")
    );
    let read = between(&page, "id=\"claim-architectures-localnet-good-but-expensive\"", "</article>");
    assert!(
        read.contains("Our reading: It is more accurate")
            && read.matches("<tr><th scope=\"row\">").count() == 3
    );
    for half in [
        "LocalNet is 0.97 points above Fcn",
        "Also compared: LocalNet takes 2.17 times the seconds per epoch of Cnn",
        "Also compared: Cnn has 1,246,848 fewer parameters than LocalNet",
        "8 seeds allow no smaller p: ",
        "<strong>Caution:</strong> Seconds are this program’s.",
    ] {
        assert!(read.contains(half), "{half} in {read}");
    }
    assert!(!best.contains("Also compared") && !best.contains("Caution"));
    assert_eq!(page.matches("What would decide it").count(), numbers(&report).verdicts.undecided);
}

#[test]
fn a_reported_number_is_placed_among_the_runs_of_each_protocol() {
    let page = render(&paper()).unwrap();
    let he = between(&page, "<th scope=\"row\">He<small>", "</tr>");
    assert!(
        he.contains("97.3<small>table 1</small><small>official: ") && he.contains("), outside</small>"),
        "{he}"
    );
    assert!(he.contains("<small>closest to pooled</small>"), "{he}");
    let numbers = numbers(&paper());
    let placement = of(&numbers.experiments, "initialisation").arms[3].placement.as_ref().unwrap();
    assert_eq!(placement.nearest.as_deref(), Some("pooled"));
}

#[test]
fn borrowed_and_averaged_trials_say_whose_they_are() {
    let page = render(&paper()).unwrap();
    assert!(page.contains("<small>trials of LocalNet in architectures, which has the same settings</small>"));
    assert!(page.contains("<small>mean of Fcn, LocalNet and Cnn; nothing was trained</small>"));
    assert!(page.contains("<small>attempt 2</small>"));
}

#[test]
fn perturbed_images_have_a_table_and_an_attack_a_figure() {
    let report = paper();
    let page = render(&report).unwrap();
    assert_eq!(page.matches("Test accuracy on perturbed images").count(), 2);
    assert_eq!(page.matches("<h4>Test accuracy against the strength of FGSM</h4>").count(), 1);
    let numbers = numbers(&report);
    let natural = &of(&numbers.experiments, "adversarial").arms[0];
    assert_eq!(natural.perturbed.len(), 7);
    let accuracies: Vec<f64> =
        natural.perturbed[..4].iter().map(|way| way.test_accuracy.unwrap().mean).collect();
    assert!(accuracies.is_sorted_by(|weak, strong| weak > strong), "{accuracies:?}");
    let table = between(&page, "id=\"experiment-6-perturbed\"", "</table>");
    assert!(table.contains(&format!("<td>{:.2} ± ", 100.0 * accuracies[3])), "{table}");
}

#[test]
fn robustness_that_another_attack_of_the_same_strength_undoes_is_called_an_artefact() {
    let page = render(&paper()).unwrap();
    assert_eq!(page.matches("<div class=\"suspicion\">").count(), 1);
    let said = between(&page, "<div class=\"suspicion\">", "</div>");
    for piece in [
        "ε 0.3 keeps ",
        " % under FGSM, ε = 0.3, but only ",
        " % under PGD, ε = 0.3</li>",
        "Wong, Rice and Kolter",
    ] {
        assert!(said.contains(piece), "{piece} in {said}");
    }
    assert!(!said.contains("natural keeps") && !said.contains("onerror"), "{said}");
}

#[test]
fn digits_are_shown_before_and_after_each_perturbation_that_their_network_was_asked_about() {
    let mut report = paper();
    let page = render(&report).unwrap();
    assert_eq!(
        page.matches("<table class=\"attacked\">").count(),
        4 + 4,
        "the ensemble's noise is that of its members"
    );
    let table = between(&page, "id=\"experiment-6-attacked-4\"", "</table>");
    assert_eq!(table.matches("<tr><th scope=\"row\">").count(), 1 + 7);
    assert_eq!(table.matches("<svg class=\"digit\"").count(), 4 + 2 * 4 * 7);
    assert!(table.contains("PGD, ε = 0.1<small>change × 4.8</small>"), "{table}");
    for record in report.experiments.iter_mut().flat_map(|of| &mut of.arms).flat_map(|arm| &mut arm.records) {
        record.changed.clear();
    }
    let older = render(&report).unwrap();
    assert!(!older.contains("class=\"attacked\"") && older.contains("Test accuracy on perturbed images"));
}

#[test]
fn a_confused_cell_leads_to_its_digits() {
    let report = paper();
    let (page, numbers) = (render(&report).unwrap(), numbers(&report));
    let cnn = of(&numbers.experiments, "architectures").arms[2].confusion.as_ref().unwrap();
    let all: f64 = cnn.images.iter().flatten().sum();
    assert!((all - 400.0).abs() < 1e-9, "every image has an answer: {all}");
    let right: f64 = (0..10).map(|class| cnn.images[class][class]).sum();
    let accuracy = of(&numbers.experiments, "architectures").arms[2].test_accuracy.unwrap().mean;
    assert!((right / all - accuracy).abs() < 1e-12);
    let matrix = between(&page, "<table class=\"confusion\">", "</table>");
    let address = between(matrix, "<a href=\"#", "\"");
    let behind = between(&page, &format!("<li id=\"{address}\">"), "</li>");
    assert!(behind.contains("taken for") && behind.contains("<use href=\"#digits-16-16\"/>"), "{behind}");
    assert_eq!(page.matches("<image id=\"digits-16-16\"").count(), 1);
}

#[test]
fn a_search_names_what_picking_on_the_test_images_adds() {
    let report = paper();
    let page = render(&report).unwrap();
    let numbers = numbers(&report);
    let search = of(&numbers.experiments, "grid").search.as_ref().unwrap();
    let (chosen, best) = (search.chosen.as_ref().unwrap(), search.best_on_test.as_ref().unwrap());
    assert_ne!(chosen.arm, best.arm, "the made-up grid should tell the two apart");
    let adds = search.picking_on_test_adds.unwrap();
    assert!((best.test_accuracy - chosen.test_accuracy - adds).abs() < 1e-12 && adds > 0.0);
    assert!(page.contains(&format!("would have added <strong>{:.2} points</strong>", 100.0 * adds)));
    assert!(page.contains("The test images would have picked the same point"), "in the random search");
    for dimension in ["layers", "units", "activation", "learning_rate", "batch_size", "dropout"] {
        assert!(page.contains(&format!("<h4>Test accuracy against {dimension}</h4>")), "{dimension}");
    }
}

#[test]
fn the_same_verdicts_stand_in_the_terminal_and_in_a_pull_request() {
    let numbers = numbers(&paper());
    let (text, pull_request) = (summary(&numbers), markdown(&numbers));
    let count = |verdict| {
        numbers.experiments.iter().flat_map(|of| &of.claims).filter(|claim| claim.verdict == verdict).count()
    };
    assert_eq!(text.matches("\n  HOLDS  ").count(), count(Verdict::Holds));
    assert_eq!(pull_request.matches("\n| ❌ does not hold |").count(), count(Verdict::DoesNotHold));
    assert_eq!(pull_request.matches("\n| ❔ undecided |").count(), count(Verdict::Undecided));
}
