//! The judge: every claim of an experiment against its records, corrected as one family.

use super::contrast::{Contrast, Scale, contrasts};
use super::decide::{ALPHA, attainable, binding, corrected, floors, need, p, refuted_by, refuting, verdict};
use super::evidence::{Evidence, Finding};
use super::judgement::{Judgement, Part, Verdict};
use super::sample::sample;
use super::settled::{Drift, trained, undone, unmeasured};
use super::words::{Why, found};
use super::{Claim, Test};
use crate::report::{ExperimentView, STAND_IN};

/// Judges the claims of an experiment, in their order.
///
/// With `stand_in`, or where a record says so, the digits are not the paper's and nothing is judged. A family counts
/// every claim that may have a p, whether or not it could be judged: it was fixed before anything ran.
pub fn judge(view: &ExperimentView, stand_in: bool) -> Vec<Judgement> {
    let stand_in = stand_in || view.records().any(|record| record.results.dataset.stand_in);
    let tried: Vec<Result<Vec<Tested>, String>> =
        view.facts.claims.iter().map(|claim| test(claim, view, stand_in)).collect();
    let random = |claim: &&Claim| claim.test.has_p();
    let tested = || view.facts.claims.iter().zip(&tried);
    let family: Vec<Option<Vec<Finding>>> = tested()
        .filter(|(claim, _)| random(claim))
        .map(|(_, tested)| tested.as_deref().map(findings).ok())
        .collect();
    let corrected = corrected(&family).into_iter().zip(floors(&family));
    let mut corrected = corrected.map(|(p, floor)| Corrected { p, floor });
    tested()
        .map(|(claim, tested)| {
            // What is exact needs no correction.
            let of_family = if random(&claim) { corrected.next() } else { None };
            match tested {
                Ok(tested) => judged(claim, view, tested, family.len(), of_family),
                Err(reason) => Judgement { reason: reason.clone(), ..unjudged(claim, view, family.len()) },
            }
        })
        .collect()
}

/// What Holm's correction makes of a claim's p.
#[derive(Clone, Copy)]
struct Corrected {
    /// p and refuting p.
    p: [f64; 2],
    /// The smallest p that its seeds can give.
    floor: f64,
}

/// A contrast and what came of it.
struct Tested {
    contrast: Contrast,
    evidence: Evidence,
    finding: Finding,
    drift: Drift,
}

fn test(claim: &Claim, view: &ExperimentView, stand_in: bool) -> Result<Vec<Tested>, String> {
    if stand_in {
        return Err(STAND_IN.into());
    }
    if view.facts.protocol != "official" {
        return Err(format!(
            "under the protocol {} each seed has different test images",
            view.facts.protocol
        ));
    }
    let of_contrast = |contrast: Contrast| {
        let evidence = sample(&contrast, view)?;
        let mut finding = evidence.finding(contrast.margin);
        if !contrast.bounded {
            (finding.high, finding.refuting) = (f64::INFINITY, 1.0);
        }
        let drift = Drift::new(&contrast, view);
        Ok(Tested { contrast, evidence, finding, drift })
    };
    contrasts(&claim.test, view)?.into_iter().map(of_contrast).collect()
}

fn findings(tested: &[Tested]) -> Vec<Finding> {
    tested.iter().map(|tested| tested.finding).collect()
}

fn judged(
    claim: &Claim,
    view: &ExperimentView,
    tested: &[Tested],
    family: usize,
    of_family: Option<Corrected>,
) -> Judgement {
    let findings = findings(tested);
    let corrected = of_family.map_or([p(&findings), refuting(&findings)], |of_family| of_family.p);
    let verdict = verdict(&findings, corrected);
    let weakest = binding(&findings);
    let shown = match verdict {
        Verdict::DoesNotHold => refuted_by(&findings).unwrap_or(weakest),
        _ => weakest,
    };
    let evidence: Vec<(&Evidence, f64)> =
        tested.iter().map(|tested| (&tested.evidence, tested.finding.margin)).collect();
    let bounded = tested.iter().all(|tested| tested.contrast.bounded);
    let partial = partial(claim, view).filter(|_| verdict == Verdict::Holds);
    let drifts: Vec<_> = tested.iter().map(|tested| (&tested.finding, tested.drift)).collect();
    let undone = undone(verdict, &drifts, refuted_by(&findings));
    let unmeasured = unmeasured(verdict, &drifts, refuted_by(&findings));
    let shown = undone.unwrap_or(shown);
    let is_withheld = partial.is_some() || undone.is_some();
    let verdict = if is_withheld { Verdict::Undecided } else { verdict };
    let need = (verdict == Verdict::Undecided && bounded && !is_withheld).then(|| need(&evidence, family));
    let paired = tested.iter().filter_map(|tested| tested.evidence.seeds()).min();
    let attainable = attainable(&findings);
    let why = Why {
        verdict,
        contrast: &tested[shown].contrast,
        finding: &findings[shown],
        seeds: tested[shown].evidence.seeds().unwrap_or(0),
        closest: findings.iter().all(|other| other.effect >= findings[shown].effect),
        partial,
        undone: undone.map(|place| (tested[place].drift, view.facts.epochs.unwrap_or(0))),
        short: view.facts.epochs.filter(|_| unmeasured).map(|full| [trained(view), full]),
        corrected,
        family,
        paired: paired.unwrap_or(view.facts.seeds.len()),
        planned: view.facts.seeds.len(),
        attainable,
        need,
    };
    let Tested { contrast, evidence, finding, .. } = &tested[weakest];
    Judgement {
        verdict,
        reason: why.to_string(),
        p: of_family.map(|_| p(&findings)),
        corrected_p: of_family.map(|of_family| of_family.p[0]),
        corrected_refuting_p: of_family.map(|of_family| of_family.p[1]),
        attainable_p: of_family.map(|_| attainable),
        attainable_corrected_p: of_family.map(|of_family| of_family.floor),
        also: also(tested, shown),
        paired: paired.unwrap_or(0),
        images: tested.iter().filter_map(|tested| tested.evidence.images()).min(),
        power: evidence.power(finding.margin, ALPHA / family.max(1) as f64, contrast.ceiling),
        need,
        parts: tested.iter().enumerate().map(|(place, tested)| part(tested, view, place == shown)).collect(),
        ..unjudged(claim, view, family)
    }
}

/// What was found of the measures that `shown` does not compare: of each the contrast that speaks for the claim the least.
fn also(tested: &[Tested], shown: usize) -> Vec<String> {
    let mut measures = vec![tested[shown].contrast.phrase.measure()];
    let mut sentences = Vec::new();
    for Tested { contrast, .. } in tested {
        let measure = contrast.phrase.measure();
        if measures.contains(&measure) {
            continue;
        }
        let same: Vec<&Tested> =
            tested.iter().filter(|tested| tested.contrast.phrase.measure() == measure).collect();
        let findings: Vec<Finding> = same.iter().map(|tested| tested.finding).collect();
        let Tested { contrast, evidence, finding, .. } = same[binding(&findings)];
        sentences.push(found(contrast, finding, false, evidence.seeds().unwrap_or(0)));
        measures.push(measure);
    }
    sentences
}

/// Points drawn and points in all, if a claim about the best of a space rests on a part of it: that cannot show it.
fn partial(claim: &Claim, view: &ExperimentView) -> Option<[usize; 2]> {
    fn is_best(test: &Test) -> bool {
        match test {
            Test::Best(_) => true,
            Test::All(parts) => parts.iter().any(is_best),
            _ => false,
        }
    }
    let points = view.facts.search.as_ref()?.points;
    (is_best(&claim.test) && view.arms.len() < points).then_some([view.arms.len(), points])
}

fn part(tested: &Tested, view: &ExperimentView, binding: bool) -> Part {
    let Tested { contrast, evidence, finding, .. } = tested;
    let scale = contrast.scale;
    let random = !contrast.is_exact();
    let components = evidence.components();
    let images = evidence.images();
    let deviation =
        |variance: f64| if scale == Scale::Points { scale.shown(variance.sqrt()) } else { variance.sqrt() };
    let of_images = components.filter(|_| images.is_some());
    Part {
        name: contrast.phrase.to_string(),
        unit: scale.unit(),
        effect: scale.shown(finding.effect),
        low: random.then(|| scale.shown(finding.low)),
        high: Some(scale.shown(finding.high)).filter(|high| random && high.is_finite()),
        null: scale.shown(0.0),
        threshold: scale.shown(finding.margin),
        p_sign_flip: random.then_some(finding.sign_flip),
        p_two_variance: finding.two_variance,
        seed_deviation: components.map(|components| deviation(components.seed)),
        image_deviation: of_images.map(|components| deviation(components.image)),
        residual_deviation: of_images.map(|components| deviation(components.residual)),
        paired: evidence.seeds().unwrap_or(0),
        images,
        binding,
        note: contrast.note(view),
    }
}

/// What is known of a claim without its numbers.
fn unjudged(claim: &Claim, view: &ExperimentView, family: usize) -> Judgement {
    Judgement {
        id: claim.id.clone(),
        sentence: claim.sentence.clone(),
        reading: claim.reading.clone(),
        caution: claim.caution.clone(),
        kind: claim.test.word(),
        verdict: Verdict::NotJudged,
        reason: String::new(),
        also: Vec::new(),
        p: None,
        corrected_p: None,
        corrected_refuting_p: None,
        attainable_p: None,
        attainable_corrected_p: None,
        family,
        paired: 0,
        planned: view.facts.seeds.len(),
        images: None,
        power: None,
        need: None,
        parts: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
