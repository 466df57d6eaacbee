//! The files of the catalogue, spoiled by chance: reading one ends, never panics, and says
//! what is wrong.

use mqlab::scenario::{self, render};
use mqlab_tests::catalogue;
use proptest::prelude::*;
use std::sync::LazyLock;

static FILES: LazyLock<Vec<(String, String)>> = LazyLock::new(catalogue);

/// One way to spoil a file.
#[derive(Clone, Debug)]
enum Damage {
    /// A line is gone.
    Drop(usize),
    /// A line stands twice.
    Double(usize),
    /// Two lines change places.
    Swap(usize, usize),
    /// The values of two lines change places.
    Exchange(usize, usize),
    /// Characters are replaced.
    Patch(usize, usize, String),
    /// The rest is missing.
    Cut(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let line = 0usize..400;
    prop_oneof![
        line.clone().prop_map(Damage::Drop),
        line.clone().prop_map(Damage::Double),
        (line.clone(), line.clone()).prop_map(|(a, b)| Damage::Swap(a, b)),
        (line.clone(), line).prop_map(|(a, b)| Damage::Exchange(a, b)),
        (0usize..20_000, 0usize..30, "[\\[\\]a-z=\"'{}.,\\n 0-9(/)%#-]{0,10}")
            .prop_map(|(at, gone, new)| Damage::Patch(at, gone, new)),
        (0usize..20_000).prop_map(Damage::Cut),
    ]
}

fn spoil(text: &str, damage: &Damage) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let n = lines.len().max(1);
    if lines.is_empty() {
        return String::new();
    }
    match damage {
        Damage::Drop(at) => {
            lines.remove(at % n);
        }
        Damage::Double(at) => lines.insert(at % n, lines[at % n].clone()),
        Damage::Swap(a, b) => lines.swap(a % n, b % n),
        Damage::Exchange(a, b) => {
            let value = |line: &str| line.split_once('=').map(|(_, v)| v.to_owned());
            let (a, b) = (a % n, b % n);
            if let (Some(left), Some(right)) = (value(&lines[a]), value(&lines[b])) {
                lines[a] = lines[a].replacen(&left, &right, 1);
                lines[b] = lines[b].replacen(&right, &left, 1);
            }
        }
        Damage::Patch(at, gone, new) => {
            let letters: Vec<char> = text.chars().collect();
            let at = at % letters.len();
            let end = (at + gone).min(letters.len());
            let (before, after) = (letters[..at].iter(), letters[end..].iter());
            return before.copied().chain(new.chars()).chain(after.copied()).collect();
        }
        Damage::Cut(at) => {
            let letters: Vec<char> = text.chars().collect();
            return letters[..at % letters.len()].iter().collect();
        }
    }
    lines.join("\n") + "\n"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_spoiled_file_is_told_what_is_wrong(
        file in 0usize..1000,
        damages in proptest::collection::vec(damage(), 1..5),
    ) {
        let (name, text) = &FILES[file % FILES.len()];
        let spoiled = damages.iter().fold(text.clone(), |text, damage| spoil(&text, damage));
        let parsed = scenario::parse(name, &spoiled);
        prop_assert!(parsed.scenario.is_some() || !parsed.diagnostics.is_empty());
        prop_assert!(parsed.diagnostics.len() <= 101, "{}", parsed.diagnostics.len());
        for diagnostic in &parsed.diagnostics {
            let told = render(diagnostic, &spoiled, "spoiled.toml", false);
            prop_assert!(!told.is_empty() && told.len() < 20_000, "{told}");
        }
    }
}

/// A cluster in which something happens to everyone.
const BUSY: &str = r#"
[scenario]
system = "kafka"
title.en = "busy"
title.zh = "busy"
ends = "40s"
max-events = 20000
[kafka]
brokers = 3
controllers = 3
[[topic]]
name = "orders"
partitions = 2
replication-factor = 3
[[producer]]
name = "p"
to = "orders"
sends = { count = 30, every = "200ms" }
[[consumer]]
name = "c"
from = ["orders"]
[[step]]
at = "3s"
do = "crash"
node = "broker-1"
[[step]]
at = "15s"
do = "restart"
node = "broker-1"
[expect]
this-run = ["lost >= 0"]
"#;

/// Each setting at the ends of what Kafka accepts, and near the limits of small numbers: it is
/// refused with a reason, or it runs to an end or to the budget.
#[test]
fn no_setting_at_its_limits_stops_the_simulator() {
    use mqlab::brokers::kafka::settings::{Kind, Scope, table};
    for scope in Scope::ALL {
        let address = match scope {
            Scope::Producer => "producer.p",
            Scope::Consumer => "consumer.c",
            Scope::Broker => "kafka.broker",
            Scope::Topic => "topic.orders",
        };
        for setting in table(scope) {
            if !matches!(
                setting.kind,
                Kind::Milliseconds | Kind::Seconds | Kind::Bytes | Kind::Count
            ) {
                continue;
            }
            let (low, high) = (setting.low, setting.high);
            let values = [low, low + 1, 32_768, 65_536, high / 2, high];
            for value in values.into_iter().filter(|v| (low..=high).contains(v)) {
                let key = format!("{address}.{}", setting.name);
                let set = [(key.clone(), value.to_string())];
                let text = scenario::apply_set(BUSY, &set)
                    .unwrap_or_else(|mistakes| panic!("{key} = {value}: {mistakes:?}"));
                let parsed = scenario::parse("busy.toml", &text);
                let Some(scenario) = parsed.scenario else {
                    assert!(!parsed.diagnostics.is_empty(), "{key} = {value}");
                    continue;
                };
                let run = || mqlab::cluster::run::run(&scenario, Default::default());
                let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
                assert!(ended.is_ok(), "{key} = {value}");
            }
        }
    }
}
