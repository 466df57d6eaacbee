//! Whatever a file contains, reading it ends soon and never panics.

use super::SMALL;
use super::example::EXAMPLE;
use crate::scenario::{Parsed, parse_bytes, render};
use proptest::prelude::*;

/// Reads a file and renders everything said about it.
fn survive(bytes: &[u8]) -> Parsed {
    let parsed = parse_bytes("hostile", bytes);
    let text = String::from_utf8_lossy(bytes);
    for d in &parsed.diagnostics {
        let told = render(d, &text, "hostile.toml", false);
        assert!(!told.is_empty());
    }
    assert!(parsed.scenario.is_some() || !parsed.diagnostics.is_empty());
    parsed
}

#[test]
fn strange_files() {
    let deep = "[".repeat(100_000);
    let nested = format!("a = {}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let dotted = format!("a{} = 1", ".b".repeat(5_000));
    let garbage = "\u{1}\u{7f}x=\"\\".repeat(40_000);
    let unknown: String = (0..20_000).map(|n| format!("key-number-{n} = {n}\n")).collect();
    let producers = "[[producer]]\n".repeat(50_000);
    let sentences = format!("{SMALL}over-seeds = [{}]", "\"losst == 0\", ".repeat(20_000));
    let long_key = format!("{} = 1", "k".repeat(900_000));
    let long_text = format!("[scenario]\nsystem = \"{}\"", "k".repeat(900_000));
    let steps = format!("{SMALL}\n{}", "[[step]]\ndo = \"crsh\"\nat = \"1s\"\n".repeat(20_000));
    for text in [
        "",
        "\n",
        "\u{feff}",
        "=",
        "[",
        "[[",
        "\"",
        "'''",
        "\0",
        "a",
        "a =",
        "a = [",
        "[scenario",
        "scenario = 1",
        "topic = 1",
        "topic = [1]",
        "[topic]",
        "expect = []",
        "[[expect]]",
        "[matrix]\naxis = 1",
        "[[matrix.axis]]\nvalues = []",
        "what-if = [[]]",
        &deep,
        &nested,
        &dotted,
        &garbage,
        &unknown,
        &producers,
        &sentences,
        &long_key,
        &long_text,
        &steps,
    ] {
        survive(text.as_bytes());
    }
}

/// Files of legal size whose parts multiply: partitions, producers, steps that name them, variants.
#[test]
fn large_files_end_soon() {
    let many = |n: usize, f: &dyn Fn(usize) -> String| (0..n).map(f).collect::<String>();
    let topic = "[[topic]]\nname = 'large'\npartitions = 9000\n";
    let producers = many(900, &|i| {
        format!("[[producer]]\nname='p{i}'\nto='large'\nsends={{count=10,key='k-{{n%10}}'}}\n")
    });
    let step = |i: usize, message: usize, lane: &str| {
        let (p, n) = (i % 900, i % 9000);
        format!(
            "[[step]]\nafter='committed p{p}.m{message}'\ndo='crash'\nnode='leader({lane}/{n})'\n"
        )
    };
    let steps = many(6000, &|i| step(i, 3, "large"));
    let wrong = many(6000, &|i| step(i, 31, "lagre"));
    let what_ifs =
        many(100, &|i| format!("[[what-if]]\nname='w{i}'\nset={{'producer.p1.acks'=1}}\n"));
    assert!(survive(format!("{SMALL}{topic}{producers}{steps}").as_bytes()).scenario.is_some());
    for more in [&wrong, &what_ifs] {
        let parsed = survive(format!("{SMALL}{topic}{producers}{more}").as_bytes());
        assert!(parsed.scenario.is_none());
    }
}

#[test]
fn a_byte_order_mark_is_no_mistake() {
    assert!(survive(format!("\u{feff}{SMALL}").as_bytes()).scenario.is_some());
}

#[test]
fn windows_line_ends_are_no_mistake() {
    assert!(survive(SMALL.replace('\n', "\r\n").as_bytes()).scenario.is_some());
}

#[test]
fn ten_megabytes_are_refused_unread() {
    let parsed = parse_bytes("large", &vec![b'x'; 10 << 20]);
    assert_eq!(parsed.diagnostics[0].code, "file-too-large");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        survive(&bytes);
    }

    #[test]
    fn arbitrary_text(text in "[\\[\\]a-z=\"'{}.,\\n #0-9_-]{0,200}") {
        survive(text.as_bytes());
    }

    #[test]
    fn mutated_files(at in 0usize..4000, gone in 0usize..40, new in "[\\[\\]a-z=\"'{}.,\\n 0-9(/)-]{0,12}") {
        let text: Vec<char> = EXAMPLE.chars().collect();
        let at = at % text.len();
        let end = (at + gone).min(text.len());
        let mutated: String =
            text[..at].iter().copied().chain(new.chars()).chain(text[end..].iter().copied()).collect();
        survive(mutated.as_bytes());
    }

    #[test]
    fn arbitrary_sentences(sentence in "[a-z(/)=<>!.0-9 ,%&|'#-]{0,60}") {
        survive(SMALL.replace("lost == 0", &sentence).as_bytes());
    }

    #[test]
    fn sentences_of_known_words(words in proptest::collection::vec(prop_oneof![
        Just("lost"), Just("fate"), Just("("), Just(")"), Just("m3"), Just("=="), Just("<="), Just("3"),
        Just("5s"), Just("95%"), Just("never"), Just("eventually"), Just("within"), Just("share"),
        Just("hw"), Just("leader"), Just("orders/0"), Just(","), Just("and"), Just("or"), Just("..="),
        Just("same"), Just("fates"), Just("any"), Just("follower"), Just("billing"), Just("key"),
    ], 0..14)) {
        survive(SMALL.replace("lost == 0", &words.join(" ")).as_bytes());
    }
}
