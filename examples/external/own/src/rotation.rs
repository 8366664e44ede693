//! A perturbation that knows no model: images turned around their centre.

use serde::{Deserialize, Serialize};
use tinderbox_training::perturbation::{AttackError, Context, Perturbation};
use tinderbox_training::{Examples, Kind, SettingError, Strength};

/// Each pixel takes the value of the nearest one before the turn; what comes from outside is 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// Degrees, to the left.
    degrees: f64,
}

impl Kind for Rotation {
    const NAME: &'static str = "rotation";
    const STRENGTH: Option<Strength> = Some(Strength { setting: "degrees", symbol: "angle" });

    fn check(&self) -> Result<(), SettingError> {
        if (-180.0..=180.0).contains(&self.degrees) {
            return Ok(());
        }
        Err(SettingError::new("degrees", self.degrees, "-180 to 180"))
    }
}

impl Perturbation for Rotation {
    fn apply(&self, examples: &Examples, _: &Context) -> Result<Vec<f32>, AttackError> {
        let [_, height, width] = examples.shape();
        let (sine, cosine) = self.degrees.to_radians().sin_cos();
        let centre = [height, width].map(|size| (size as f64 - 1.0) / 2.0);
        let source = |row: usize, column: usize| {
            let (y, x) = (row as f64 - centre[0], column as f64 - centre[1]);
            let from = [centre[0] + x * sine + y * cosine, centre[1] + x * cosine - y * sine].map(f64::round);
            let inside = from[0] >= 0.0 && from[0] < height as f64 && from[1] >= 0.0 && from[1] < width as f64;
            inside.then(|| from[0] as usize * width + from[1] as usize)
        };
        let sources: Vec<Option<usize>> =
            (0..height * width).map(|place| source(place / width, place % width)).collect();
        let planes = examples.pixels().chunks(height * width);
        let turned = planes.flat_map(|plane| {
            sources.iter().map(|source| source.map_or(0.0, |place| plane[place]))
        });
        Ok(turned.collect())
    }
}
