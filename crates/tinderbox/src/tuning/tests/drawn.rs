//! Files of searches drawn at random: sensible ones, misspelt ones and nonsense, in the proportions of a bad day.

/// A generator of its own, so that a file is known by its number (splitmix64).
pub(crate) struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.next().is_multiple_of(many)
    }

    /// Mostly the first, which is sensible; the others are there to be refused, or to be odd.
    fn pick<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        if self.one_in(16) { texts[self.next() as usize % texts.len()] } else { texts[0] }
    }
}

/// A dimension: its name, its values, and when it is there.
const DIMENSIONS: [(&str, &[&str], &[&str]); 21] = [
    ("model.kind", &["choices = [\"fcn\"]", "choices = [\"cnn\"]"], &[""]),
    (
        "training.optimizer.kind",
        &[
            "choices = [\"adam\", \"sgd\", \"adam-w\"]",
            "choices = [\"adam\", \"sgd\"]",
            "choices = [\"adam\", \"adagrad\"]",
        ],
        &[""],
    ),
    (
        "training.optimizer.momentum",
        &["float = [0.0, 0.9]", "float = [0.0, 0.9], step = 0.3", "float = [0.0, 1.0]", "choices = [0, 0.0]"],
        &[
            "\"training.optimizer.kind\" = [\"sgd\"]",
            "",
            "\"training.optimizer.kind\" = [\"sdg\"]",
            "\"training.optimizer.kind\" = []",
        ],
    ),
    (
        "training.optimizer.beta_1",
        &["float = [0.8, 0.99]", "float = [0.8, 0.999999999999]"],
        &[
            "\"training.optimizer.kind\" = [\"adam\", \"adam-w\"]",
            "",
            "\"training.optimizer.kind\" = [\"adam-w\"]",
        ],
    ),
    (
        "training.optimizer.weight_decay",
        &["float = [1e-4, 0.1], log = true", "float = [0.0, 0.1], log = true"],
        &["\"training.optimizer.kind\" = [\"adam-w\"]", "\"training.optimizer.kind\" = [\"adam\"]", ""],
    ),
    (
        "training.learning_rate",
        &[
            "float = [1e-4, 0.1], log = true",
            "choices = [0.01, 1e30]",
            "float = [0.0, 0.1]",
            "float = [0.01, inf]",
            "choices = [0.01, 0.010]",
            "choices = [\"fast\"]",
        ],
        &[""],
    ),
    (
        "training.batch_size",
        &[
            "choices = [256, 512]",
            "int = [256, 512], step = 128",
            "int = [256, 512], step = inf",
            "int = [256, 512], step = 300",
            "int = [0, 512]",
            "float = [256.0, 512.0]",
            "choices = [256, 256.0]",
        ],
        &[""],
    ),
    (
        "training.adversarial.epsilon",
        &["float = [0.0, 0.3]", "float = [0.0, 1.5]", "choices = []"],
        &[
            "",
            "\"training.learning_rate\" = { at_least = 0.01 }",
            "\"training.learning_rate\" = { at_least = 0.5 }",
        ],
    ),
    (
        "training.adversarial.share",
        &["float = [0.1, 1.0]"],
        &["\"training.adversarial.epsilon\" = { at_least = 0.1 }", ""],
    ),
    ("training.patience", &["int = [1, 2]", "int = [0, 2]"], &[""]),
    ("training.epochs", &["int = [1, 2]"], &[""]),
    (
        "model.hidden.layers",
        &["int = [1, 2]", "int = [0, 2]", "int = [1, 100]", "choices = [1, 2]", "float = [1.0, 2.0]"],
        &[""],
    ),
    (
        "model.hidden.units",
        &["choices = [4, 8]", "choices = [4, \"wide\"]"],
        &["", "\"model.hidden.layers\" = { at_least = 1 }"],
    ),
    (
        "model.hidden.1",
        &["choices = [4, 8]", "int = [4, 9], step = 2"],
        &["", "\"model.hidden.layers\" = { at_least = 1 }"],
    ),
    (
        "model.hidden.2",
        &["choices = [4, 8]", "int = [0, 4]"],
        &["\"model.hidden.layers\" = { at_least = 2 }", ""],
    ),
    ("model.dropout", &["float = [0.0, 0.5]", "float = [0.0, 1.0]", "float = [0.5, 0.0]"], &[""]),
    ("model.activation", &["choices = [\"relu\", \"sigmoid\"]", "choices = [\"relu\", \"gelu\"]"], &[""]),
    ("model.initializer", &["choices = [\"he-normal\", \"xavier-uniform\"]"], &[""]),
    ("model.initializer.normal.standard_deviation", &["float = [0.01, 0.1]", "float = [-0.1, 0.1]"], &[""]),
    ("validation_fraction", &["float = [0.1, 0.3]", "float = [0.000001, 0.3]", "float = [0.1, 1.0]"], &[""]),
    ("modle.dropout", &["float = [0.0, 0.5]"], &[""]),
];

/// How often a dimension is there, in sixteenths: those that go together, and those that do not, meet often enough.
const OFTEN: [u64; 21] = [1, 8, 6, 3, 5, 8, 6, 4, 2, 2, 1, 5, 3, 3, 4, 4, 3, 1, 1, 2, 1];

/// Settings: key and value.
const SETTINGS: [(&str, &[&str]); 7] = [
    ("training.batch_size", &["256", "0", "256.5", "nan"]),
    ("training.optimizer.kind", &["\"sgd\"", "\"sdg\""]),
    (
        "training.optimizer",
        &["{ kind = \"sgd\", momentum = 0.5 }", "\"sgd\"", "{ kind = \"sgd\", beta_1 = 0.5 }"],
    ),
    ("model.dropout", &["0.2", "1", "\"half\""]),
    (
        "model.initializer",
        &["{ normal = { standard_deviation = 0.1 } }", "{ normal = { standard_deviation = 0.1, mean = 1 } }"],
    ),
    ("model.kind", &["\"cnn\""]),
    ("model.pixels", &["100"]),
];

/// The file of this number.
pub(crate) fn file(number: u64) -> String {
    let draw = &mut Draw(number);
    let mut dimensions = String::new();
    // Dimensions of hidden layers go together, but for some files, in which anything meets.
    let scheme: Option<&[&str]> = match draw.next() % 8 {
        0 | 1 => Some(&["model.hidden.layers", "model.hidden.1", "model.hidden.2"]),
        2 | 3 => Some(&["model.hidden.layers", "model.hidden.units"]),
        4 | 5 => Some(&["model.hidden.1"]),
        6 => Some(&[]),
        _ => None,
    };
    for ((name, values, conditions), often) in DIMENSIONS.iter().zip(OFTEN) {
        let there = draw.next() % 16 < often;
        let there = match scheme {
            Some(scheme) if name.starts_with("model.hidden") => scheme.contains(name),
            _ => there,
        };
        let (values, condition) = (draw.pick(values), draw.pick(conditions));
        // Mostly beside what it depends on.
        let parent = condition.split('"').nth(1);
        let alone = parent.is_some_and(|parent| !dimensions.contains(&format!("\"{parent}\",")));
        if !there || (alone && !draw.one_in(10)) {
            continue;
        }
        let when = if condition.is_empty() { String::new() } else { format!(", when = {{ {condition} }}") };
        dimensions.push_str(&["    { name = \"", name, "\", ", values, &when, " },\n"].concat());
    }
    let hidden = !dimensions.contains("model.hidden") && !draw.one_in(8);
    let mut settings: Vec<String> =
        hidden.then(|| "\"model.hidden\" = [8]".to_string()).into_iter().collect();
    for (key, values) in SETTINGS {
        if draw.one_in(40) {
            settings.push(format!("\"{key}\" = {}", draw.pick(values)));
        }
    }
    let model = draw.pick(&["\"fcn\"", "\"fcn\"", "\"fnc\""]);
    let epochs = draw.pick(&["1", "1", "1", "0"]);
    let pruner = if draw.one_in(12) { "pruner = { kind = \"median\" }\n" } else { "" };
    format!(
        "name = \"drawn\"\nmodel = {model}\nepochs = {epochs}\nsettings = {{ {} }}\n\n[study]\ntrials = 3\n{pruner}sampler = \
         {{ kind = \"random\", seed = {number} }}\nspace = [\n{dimensions}]\n",
        settings.join(", ")
    )
}
