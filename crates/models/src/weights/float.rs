//! The types of numbers that a file of weights may hold, and their values in 32 bits.

/// A type of floating-point numbers, as safetensors spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Float {
    F16,
    Bf16,
    F32,
    F64,
}

impl Float {
    /// The type that a header calls `name`; `None` if it is none of these.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "F16" => Some(Self::F16),
            "BF16" => Some(Self::Bf16),
            "F32" => Some(Self::F32),
            "F64" => Some(Self::F64),
            _ => None,
        }
    }

    /// Bytes of a number.
    pub(super) fn size(self) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// Appends the numbers in `bytes` to `values`, each as the nearest number in 32 bits, which is infinite if none
    /// is that large. Bytes after the last whole number are left out.
    pub(super) fn append(self, bytes: &[u8], values: &mut Vec<f32>) {
        match self {
            Self::F16 => values.extend(words(bytes).map(|word| half(u16::from_le_bytes(word)))),
            Self::Bf16 => {
                values.extend(words(bytes).map(|[low, high]| f32::from_le_bytes([0, 0, low, high])));
            }
            Self::F32 => values.extend(words(bytes).map(f32::from_le_bytes)),
            Self::F64 => values.extend(words(bytes).map(|word| f64::from_le_bytes(word) as f32)),
        }
    }
}

fn words<const SIZE: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; SIZE]> {
    bytes.as_chunks().0.iter().copied()
}

/// The value of a number of IEEE 754's type binary16: a sign, 5 bits of exponent, 10 of fraction. Exact.
fn half(bits: u16) -> f32 {
    let bits = u32::from(bits);
    let (sign, exponent, fraction) = (bits >> 15 << 31, bits >> 10 & 0x1f, bits & 0x3ff);
    let magnitude = match exponent {
        0 => fraction as f32 * f32::from_bits((127 - 24) << 23),
        0x1f => f32::from_bits(0xff << 23 | fraction << 13),
        // From a bias of 15 to one of 127.
        _ => f32::from_bits((exponent + 112) << 23 | fraction << 13),
    };
    f32::from_bits(sign | magnitude.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(float: Float, bytes: &[u8]) -> Vec<f32> {
        let mut values = Vec::new();
        float.append(bytes, &mut values);
        values
    }

    #[test]
    fn halves_have_the_values_of_the_standard() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x7bff, 65_504.0),
            (0x0400, 6.103_515_6e-5),
            (0x03ff, 6.097_555e-5),
            (0x0001, 5.960_464_5e-8),
            (0x7c00, f32::INFINITY),
            (0xfc00, f32::NEG_INFINITY),
        ] {
            assert_eq!(half(bits).to_bits(), f32::to_bits(value), "{bits:x}");
        }
        assert_eq!(half(0x8000).to_bits(), (-0.0f32).to_bits());
        assert!(half(0x7e00).is_nan());
    }

    /// Neighbours in bits are neighbours in value: no exponent is off by one, no fraction shifted.
    #[test]
    fn halves_rise_with_their_bits() {
        let rising: Vec<f32> = (0..=0x7c00).map(half).collect();
        assert!(rising.windows(2).all(|pair| pair[0] < pair[1]));
        assert!((0..=0x7c00).all(|bits| half(bits | 0x8000).to_bits() == (-half(bits)).to_bits()));
    }

    #[test]
    fn each_type_gives_the_nearest_number_in_32_bits() {
        assert_eq!(values(Float::F16, &0x3800u16.to_le_bytes()), [0.5]);
        assert_eq!(values(Float::Bf16, &[0x80, 0xbf, 0x80, 0x3f]), [-1.0, 1.0]);
        assert_eq!(values(Float::F32, &0.1f32.to_le_bytes()), [0.1]);
        let doubles: Vec<u8> = [0.1f64, 1e300, 1e-300].into_iter().flat_map(f64::to_le_bytes).collect();
        assert_eq!(values(Float::F64, &doubles), [0.1, f32::INFINITY, 0.0]);
    }

    #[test]
    fn other_types_are_none_of_these() {
        for name in ["I64", "BOOL", "U8", "F8_E4M3", "f32", ""] {
            assert_eq!(Float::named(name), None, "{name}");
        }
    }
}
