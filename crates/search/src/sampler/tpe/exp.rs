//! An exponential for sums of many: the same on any machine, and a loop over it runs on vector registers.

/// Where the exponential of a negative number is too small to be told from 0.
const LEAST: f64 = -700.0;

/// 1.5 · 2⁵²: added to a small number, it leaves the nearest whole number in the lowest bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// ln 2 in two parts, the first of few bits, so that a multiple of it is exact.
const LN_2: [f64; 2] = [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10];

/// `exp(x)` for `x` at most 0, to 10 digits; for less than -700 as for that.
///
/// `exp(x) = 2ⁿ exp(r)` with whole `n` and `|r| <= ln 2 / 2`, where Taylor's polynomial of degree 9 is off by 7e-12.
#[inline]
pub(super) fn exp(x: f64) -> f64 {
    let x = x.max(LEAST);
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN_2[0] - n * LN_2[1];
    let mut sum = 1.0 / 362_880.0;
    for factorial in [40_320.0, 5_040.0, 720.0, 120.0, 24.0, 6.0, 2.0, 1.0, 1.0] {
        sum = sum * r + 1.0 / factorial;
    }
    // The lowest bits of `shifted` are `n`; 1023 of them up is the exponent of a double.
    let power = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    sum * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_close_to_the_exponential() {
        for place in 0..100_000 {
            let x = f64::from(place) * -0.007;
            assert!((exp(x) / libm::exp(x) - 1.0).abs() < 1e-10, "exp({x}) = {}", exp(x));
        }
        assert!((0.0..1e-300).contains(&exp(f64::NEG_INFINITY)));
    }

    #[test]
    fn its_bits_are_the_same_for_ever() {
        // From the same formula in Python.
        assert_eq!(exp(0.0).to_bits(), 1.0_f64.to_bits());
        assert_eq!([exp(-1.0), exp(-10.5)].map(f64::to_bits), [0x3fd7_8b56_362c_a968, 0x3efc_dfc2_63f6_a0ba]);
    }
}
