//! Softmax and cross-entropy in one pass over logits.

/// The mean loss of logits, `[batch, classes]`, in nats, and their probabilities.
pub(crate) fn forward(logits: &[f32], labels: &[usize]) -> (f32, Vec<f32>) {
    let classes = logits.len() / labels.len();
    let mut probabilities = logits.to_vec();
    let mut loss = 0.0;
    for (row, &label) in probabilities.chunks_exact_mut(classes).zip(labels) {
        let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let score = row[label] - largest;
        let mut total = 0.0;
        for value in &mut *row {
            *value = (*value - largest).exp();
            total += *value;
        }
        for value in &mut *row {
            *value /= total;
        }
        loss += total.ln() - score;
    }
    (loss / labels.len() as f32, probabilities)
}

/// What the logits get of the gradient of their mean loss, `upstream`.
pub(crate) fn gradient(mut probabilities: Vec<f32>, labels: &[usize], upstream: f32) -> Vec<f32> {
    let classes = probabilities.len() / labels.len();
    let share = upstream / labels.len() as f32;
    for (row, &label) in probabilities.chunks_exact_mut(classes).zip(labels) {
        row[label] -= 1.0;
        for value in row {
            *value *= share;
        }
    }
    probabilities
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_logits_lose_the_logarithm_of_their_count() {
        let (loss, probabilities) = forward(&[3.0; 8], &[0, 3]);
        assert!((loss - 4.0_f32.ln()).abs() < 1e-6);
        assert!(probabilities.iter().all(|probability| (probability - 0.25).abs() < 1e-7));
        let expected = [-0.75, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, -0.75];
        for (found, expected) in gradient(probabilities, &[0, 3], 2.0).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn large_logits_stay_finite_and_nan_passes() {
        let (loss, probabilities) = forward(&[1e30, -1e30], &[0]);
        assert!(loss.abs() < 1e-6 && probabilities.iter().all(|probability| probability.is_finite()));
        for place in 0..3 {
            let mut logits = [1.0, 2.0, 3.0];
            logits[place] = f32::NAN;
            let (loss, probabilities) = forward(&logits, &[1]);
            assert!(loss.is_nan() && probabilities.iter().all(|probability| probability.is_nan()));
        }
    }
}
