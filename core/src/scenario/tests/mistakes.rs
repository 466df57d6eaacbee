//! Every diagnostic, as a person sees it. The snapshots stand in `scenario/snapshots`.

use super::{assert_text, small, small_with, told, told_in_chinese};
use crate::scenario::{parse, parse_bytes, render};

/// One test a mistake: the file, and its diagnostics as text.
macro_rules! mistakes {
    ($($name:ident: $text:expr;)*) => {
        $(#[test]
        fn $name() {
            let text = $text;
            let text = AsRef::<str>::as_ref(&text);
            assert_text(stringify!($name), &told(text));
            assert_text(concat!(stringify!($name), "_zh"), &told_in_chinese(text));
        })*
    };
}

fn producer(config: &str) -> String {
    small("sends =", &format!("config = {config}\nsends ="))
}

fn step(fields: &str) -> String {
    small_with(&format!("[[step]]\n{fields}"))
}

fn topic(config: &str) -> String {
    small("replication-factor = 3", &format!("replication-factor = 3\nconfig = {config}"))
}

mistakes! {
    // ── handlers, processors, chance ─────────────────────────────────────────────────────────
    handler_fails_somehow: step("at = \"1s\"\ndo = \"fail-handler\"\nconsumer = \"billing-1\"");
    handler_fails_twice: step(
        "at = \"1s\"\ndo = \"fail-handler\"\nconsumer = \"billing-1\"\ncount = 3\nshare = \"5%\"");
    handler_of_nobody:
        step("at = \"1s\"\ndo = \"fail-handler\"\nconsumer = \"checkout\"\ncount = 3");
    handler_fails_on_a_stranger: step(
        "at = \"1s\"\ndo = \"fail-handler\"\nconsumer = \"billing-1\"\nmessages = \"m99\"\nheal = \"never\"");
    handler_share_wrong: step(
        "at = \"1s\"\ndo = \"fail-handler\"\nconsumer = \"billing-1\"\nshare = \"half\"\nfor = \"1s\"");
    handler_fails_for_no_time:
        step("at = \"1s\"\ndo = \"fail-handler\"\nconsumer = \"billing-1\"\nkey = \"customer-1\"");
    seek_back_on_another_thread: small("group = \"billing\"",
        "group = \"billing\"\nhandles = { asynchronous = true, on-failure = \"seek-back\" }");
    back_off_without_retry: small("group = \"billing\"",
        "group = \"billing\"\nhandles = { on-failure = \"skip\", back-off = \"1s\" }");
    retry_topics_that_are_not_there: small("group = \"billing\"",
        "group = \"billing\"\nhandles = { on-failure = \"retry-topics\", back-off-multiplier = 2 }");
    dead_letters_from_another_thread: small("group = \"billing\"",
        "group = \"billing\"\nhandles = { asynchronous = true, on-failure = \"retry\", recoverer = \"dead-letter\" }");
    too_many_retry_topics: small("group = \"billing\"",
        "group = \"billing\"\nhandles = { on-failure = \"retry-topics\", attempts = 50, back-off-multiplier = 2 }");
    publisher_of_nothing: small("group = \"billing\"",
        "group = \"billing\"\nhandles = { on-failure = \"seek-back\", publisher = { acks = 1 } }");
    publisher_refused: small("group = \"billing\"",
        "group = \"billing\"\nhandles = { on-failure = \"seek-back\", recoverer = \"dead-letter\", publisher = { acks = 1, \"enable.idempotence\" = true } }");
    exception_of_nobody: step(
        "at = \"1s\"\ndo = \"fail-handler\"\nconsumer = \"billing-1\"\ncount = 3\nexception = \"ClassCastExeption\"");
    processor_that_is_not_slow: step(
        "at = \"1s\"\ndo = \"slow-cpu\"\nnode = \"broker-1\"\ntakes = \"0ms\"\nfor = \"1s\"");
    nemesis_without_faults: small_with("[[nemesis]]\nuntil = \"5s\"");
    nemesis_backwards: small_with("[[nemesis]]\nfaults = 3\nfrom = \"9s\"\nuntil = \"5s\"");
    nemesis_of_unknown_kind:
        small_with("[[nemesis]]\nfaults = 3\nuntil = \"5s\"\nkinds = [\"crsh\", \"wipe-disk\"]");
    nemesis_on_disks_of_clients: small_with(
        "[[nemesis]]\nfaults = 3\nuntil = \"5s\"\nkinds = [\"slow-disk\"]\nnode = \"clients\"");
    waits_for_what_nobody_states: step("after = \"expired orders/0\"\ndo = \"say\"");
    eligible_replicas_without_a_standing_high_watermark:
        small("brokers = 3", "brokers = 3\neligible-leader-replicas = true\nhw-needs-min-isr = false");

    // ── the file ─────────────────────────────────────────────────────────────────────────────
    empty_file: String::new();
    syntax: small("brokers = 3", "brokers = = 3");
    several_syntax_errors_and_a_wrong_word:
        small("brokers = 3", "brokers = = 3").replace("to = \"orders\"", "to = orders\"")
            .replace("lost ==", "losst ==");
    duplicate_key: small("brokers = 3", "brokers = 3\nbrokers = 4");
    unknown_key: small("brokers = 3", "brokrs = 3");
    unknown_table: small("[[topic]]", "[[topics]]");
    other_system: small("system = \"kafka\"", "system = \"rabbitmq\"");
    unknown_system: small("system = \"kafka\"", "system = \"kafca\"");
    table_of_another_system: small_with("[[exchange]]\nname = \"orders\"");
    missing_scenario: "[expect]\nthis-run = [\"lost == 0\"]\n";
    missing_title: small("title.en = \"One message\"\ntitle.zh = \"一条消息\"\n", "");
    missing_translation: small("title.zh = \"一条消息\"\n", "");
    missing_expect: small("[expect]\nthis-run = [\"lost == 0\"]\n", "");
    empty_expect: small("this-run = [\"lost == 0\"]", "this-run = []");
    one_bracket: small("[[topic]]", "[topic]");
    wrong_type: small("brokers = 3", "brokers = \"three\"");
    ends_without_unit: small("system =", "ends = 20\nsystem =");
    ends_wrong: small("system =", "ends = \"soon\"\nsystem =");
    level_wrong: small("system =", "level = \"expert\"\nsystem =");
    negative_seed: small("system =", "seed = -1\nsystem =");
    overflowing_seed: small("system =", "seed = 99999999999999999999\nsystem =");

    // ── the cluster ──────────────────────────────────────────────────────────────────────────
    too_many_brokers: small("brokers = 3", "brokers = 1000000");
    too_many_partitions: small("partitions = 2", "partitions = 1000000");
    partitions_together:
        small_with("[[topic]]\nname = \"a\"\npartitions = 9999\n[[topic]]\nname = \"b\"");
    too_many_controllers: small("brokers = 3", "brokers = 3\ncontrollers = 7");
    even_controllers: small("brokers = 3", "brokers = 3\ncontrollers = 4");
    quorum_of_one: small(
        "brokers = 3",
        "brokers = 3\nbroker = { \"controller.quorum.fetch.timeout.ms\" = 500 }"
    );
    zookeeper_with_a_new_release:
        small("brokers = 3", "brokers = 3\ncoordination = \"zookeeper\"\nversion = \"3.9\"");
    zookeeper_with_controllers:
        small("brokers = 3", "brokers = 3\ncoordination = \"zookeeper\"\ncontrollers = 3");
    zookeeper_with_a_setting_of_kraft: small(
        "brokers = 3",
        "brokers = 3\ncoordination = \"zookeeper\"\nbroker = { \"broker.session.timeout.ms\" = 6000 }"
    );
    unknown_version: small("brokers = 3", "brokers = 3\nversion = \"3.95\"");
    version_as_number: small("brokers = 3", "brokers = 3\nversion = 3.9");
    too_many_replicas: small("replication-factor = 3", "replication-factor = 4");
    min_isr_above_replicas: topic("{ \"min.insync.replicas\" = 4 }");
    duplicate_topic: small_with("[[topic]]\nname = \"orders\"");
    topic_name: small("name = \"orders\"", "name = \"my orders\"");
    assignment_of_other_length:
        small("partitions = 2", "partitions = 2\nassignment = [[\"broker-1\"]]");
    assignment_of_unknown_broker: small("partitions = 2",
        "partitions = 1\nassignment = [[\"broker-1\", \"broker-2\", \"broker-4\"]]");
    latency_backwards: small_with("[network]\nlatency = [\"3ms\", \"2ms\"]");
    latency_without_unit: small_with("[network]\nlatency = 3");

    reassigned_to_nobody: small_with("[[step]]\nat = \"1s\"\ndo = \"reassign\"\npartition = \"orders/0\"\nto = []");
    reassigned_to_a_stranger: small_with(
        "[[step]]\nat = \"1s\"\ndo = \"reassign\"\npartition = \"orders/0\"\nto = [\"broker-9\", \"broker-1\", \"broker-1\"]"
    );
    ratio_too_fine: topic("{ \"min.cleanable.dirty.ratio\" = 0.12345 }");
    ratio_above_one: topic("{ \"min.cleanable.dirty.ratio\" = 1.5 }");
    ratio_in_words: topic("{ \"min.cleanable.dirty.ratio\" = \"half\" }");
    tombstone_of_a_stranger: small("count = 6,", "count = 6, tombstones = [\"m7\"],");
    tombstone_without_key: small(", key = \"customer-{n%2}\"", ", tombstones = [\"m1\"]");

    // ── settings ─────────────────────────────────────────────────────────────────────────────
    unknown_setting: producer("{ \"linger.sm\" = 5 }");
    setting_of_someone_else: producer("{ \"min.insync.replicas\" = 2 }");
    setting_in_camel_case: topic("{ minInsyncReplicas = 2 }");
    setting_not_modelled: producer("{ \"compression.zstd.level\" = 3 }");
    transaction_without_id: small("count = 6", "count = 6, transaction = 2");
    transactional_id_without_idempotence:
        producer("{ \"transactional.id\" = \"a\", \"enable.idempotence\" = false }");
    transactional_id_with_acks_one: producer("{ \"transactional.id\" = \"a\", acks = 1 }");
    transaction_of_nobody: small("from =", "to = \"audit\"\nhandles = { commit = \"transaction\" }\nfrom =")
        .replace("[[producer]]", "[[topic]]\nname = \"audit\"\n[[producer]]");
    output_with_id_without_transaction:
        small("from =", "to = \"audit\"\nproducer = { \"transactional.id\" = \"a\" }\nfrom =")
            .replace("[[producer]]", "[[topic]]\nname = \"audit\"\n[[producer]]");
    output_to_its_input: small("from =", "to = \"orders\"\nhandles = { commit = \"after\" }\nfrom =");
    output_settings_without_output: small("from =", "producer = { acks = \"all\" }\nfrom =");
    output_and_dead_letters:
        small("from =", "to = \"audit\"\nhandles = { commit = \"after\", on-failure = \"seek-back\", recoverer = \"dead-letter\" }\nfrom =")
            .replace("[[producer]]", "[[topic]]\nname = \"audit\"\n[[topic]]\nname = \"orders-dlt\"\n[[producer]]");
    attempts_in_a_transaction:
        small("from =", "to = \"audit\"\nproducer = { \"transactional.id\" = \"a\" }\nhandles = { commit = \"transaction\", on-failure = \"seek-back\", attempts = 3 }\nfrom =")
            .replace("[[producer]]", "[[topic]]\nname = \"audit\"\n[[producer]]");
    output_and_commit_each:
        small("from =", "to = \"audit\"\nhandles = { commit = \"each\", on-abort = \"go-on\" }\nfrom =")
            .replace("[[producer]]", "[[topic]]\nname = \"audit\"\n[[producer]]");
    setting_out_of_range: producer("{ \"linger.ms\" = -1 }");
    setting_too_large: producer("{ \"request.timeout.ms\" = 2147483648 }");
    setting_of_wrong_type: producer("{ \"enable.idempotence\" = \"yes\" }");
    setting_with_unknown_unit: producer("{ \"linger.ms\" = \"5 sec\" }");
    setting_with_a_fraction: producer("{ \"linger.ms\" = \"0.5ms\" }");
    setting_twice: producer("{ linger.ms = 5, \"linger.ms\" = 6 }");
    acks_wrong: producer("{ acks = \"al\" }");
    idempotence_without_acks: producer("{ \"enable.idempotence\" = true, acks = 1 }");
    idempotence_without_retries: producer("{ \"enable.idempotence\" = true, retries = 0 }");
    idempotence_with_many_in_flight: producer(
        "{ \"enable.idempotence\" = true, \"max.in.flight.requests.per.connection\" = 6 }");
    delivery_timeout: producer("{ \"delivery.timeout.ms\" = \"1s\" }");
    fetch_wait_above_lag:
        small("brokers = 3", "brokers = 3\nbroker = { replica.lag.time.max.ms = 100 }");
    slow_heartbeats:
        small("brokers = 3", "brokers = 3\nbroker = { broker.heartbeat.interval.ms = 6000 }");

    // ── clients ──────────────────────────────────────────────────────────────────────────────
    unknown_topic: small("to = \"orders\"", "to = \"order\"");
    duplicate_node: small("name = \"billing-1\"", "name = \"checkout\"");
    assignors_twice: small("from =", "config = { partition.assignment.strategy = [\"range\", \"range\"] }\nfrom =");
    assignor_unknown: small("from =", "config = { partition.assignment.strategy = \"stiky\" }\nfrom =");
    instance_of_nobody: small("from =", "assign = true\nconfig = { group.instance.id = \"a\" }\nfrom =");
    heartbeat_after_session: small("from =", "config = { session.timeout.ms = \"3s\" }\nfrom =");
    new_group_protocol: small("from =", "config = { group.protocol = \"consumer\" }\nfrom =");
    too_many_messages: small("count = 6", "count = 50000001");
    missing_count: small("count = 6, ", "");
    negative_time: small("every = \"20ms\"", "every = \"-20ms\"");
    time_without_unit: small("every = \"20ms\"", "every = 20");
    rate_and_every: small("count = 6", "count = 6, rate = \"10/s\"");
    rate_wrong: small("every = \"20ms\"", "rate = \"ten\"");
    key_wrong: small("customer-{n%2}", "customer-{m}");
    too_many_keys: small("count = 6", "count = 1000000").replace("{n%2}", "{n}");
    partition_wrong: small("count = 6", "count = 6, partition = 2");
    size_without_unit: small("count = 6", "count = 6, size = 100");
    commit_nobody: small("from =", "config = { enable.auto.commit = false }\nfrom =");
    commit_twice: small("from =",
        "config = { enable.auto.commit = true }\nhandles = { commit = \"after\" }\nfrom =");
    commit_in_transaction: small("from =", "handles = { commit = \"transaction\" }\nfrom =");
    commit_wrong: small("from =", "handles = { commit = \"afterwards\" }\nfrom =");

    // ── steps ────────────────────────────────────────────────────────────────────────────────
    step_without_time: step("do = \"crash\"\nnode = \"broker-1\"");
    step_with_two_times: step("at = \"1s\"\nafter = \"sent m1\"\ndo = \"crash\"\nnode = \"broker-1\"");
    delay_without_fact: step("at = \"1s\"\ndelay = \"1s\"\ndo = \"crash\"\nnode = \"broker-1\"");
    unknown_action: step("at = \"1s\"\ndo = \"kill\"");
    misspelt_action: step("at = \"1s\"\ndo = \"poweroff\"\nnode = \"broker-1\"");
    action_without_node: step("at = \"1s\"\ndo = \"crash\"");
    action_with_too_much: step("at = \"1s\"\ndo = \"crash\"\nnode = \"broker-1\"\nfor = \"3s\"");
    unknown_node: step("at = \"1s\"\ndo = \"crash\"\nnode = \"broker-4\"");
    unknown_role: step("at = \"1s\"\ndo = \"crash\"\nnode = \"leeder(orders/0)\"");
    unknown_partition: step("at = \"1s\"\ndo = \"crash\"\nnode = \"leader(orders/2)\"");
    topic_for_partition: step("at = \"1s\"\ndo = \"crash\"\nnode = \"leader(orders)\"");
    missing_parenthesis: step("at = \"1s\"\ndo = \"crash\"\nnode = \"leader(orders/0\"");
    unknown_group: step("at = \"1s\"\ndo = \"crash\"\nnode = \"coordinator(biling)\"");
    unknown_replica: step("at = \"1s\"\ndo = \"crash\"\nnode = \"replica(orders/0, 4)\"");
    cut_without_end: step("at = \"1s\"\ndo = \"cut\"\nlink = [\"broker-1\", \"broker-2\"]");
    cut_with_two_ends: step(
        "at = \"1s\"\ndo = \"cut\"\nlink = [\"broker-1\", \"broker-2\"]\nheal = \"3s\"\nfor = \"2s\"");
    heals_before_start: step(
        "at = \"5s\"\ndo = \"cut\"\nlink = [\"broker-1\", \"broker-2\"]\nheal = \"3s\"");
    cut_one_end: step("at = \"5s\"\ndo = \"isolate\"\nnode = \"broker-1\"\nfor = \"0s\"");
    link_of_three: step("at = \"1s\"\ndo = \"reset\"\nlink = [\"broker-1\"]");
    unknown_packet: step("at = \"1s\"\ndo = \"lose\"\npacket = \"Produce responce\"");
    disk_of_client: step("at = \"1s\"\ndo = \"full-disk\"\nnode = \"checkout\"\nheal = \"never\"");
    unknown_producer: step("at = \"1s\"\ndo = \"burst\"\nproducer = \"billing-1\"\ncount = 3");
    unknown_fact: step("after = \"comitted m3\"\ndo = \"say\"");
    message_never_sent: step("after = \"committed m7\"\ndo = \"say\"");
    fact_about_no_message: step("after = \"fenced m3\"\ndo = \"say\"");
    fact_with_wrong_size: step("after = \"elected orders/0 to 2\"\ndo = \"say\"");
    fact_counted_from_zero: step("after = \"elected orders/0 #0\"\ndo = \"say\"");
    fact_with_unknown_name: step("after = \"offset-committed biling\"\ndo = \"say\"");
    step_after_the_end: step("at = \"30s\"\ndo = \"say\"").replace("system =", "ends = \"20s\"\nsystem =");
    duplicate_label: step("at = \"1s\"\ndo = \"say\"\nlabel = \"a\"\n[[step]]\nat = \"2s\"\ndo = \"say\"\nlabel = \"a\"");

    // ── predictions ──────────────────────────────────────────────────────────────────────────
    prediction_with_one_option: small_with(
        "[[predict]]\nat = \"acknowledged m1\"\nask = { en = \"?\", zh = \"？\" }\noptions = [{ en = \"a\", zh = \"甲\", holds = \"lost == 0\" }]");
    prediction_that_is_wrong: small_with(
        "[[predict]]\nat = \"1s\"\nask = { en = \"?\", zh = \"？\" }\noptions = [{ en = \"a\", zh = \"甲\", holds = \"lost = 0\" }, { en = \"b\", holds = \"always lost > 0\" }]");

    // ── variants ─────────────────────────────────────────────────────────────────────────────
    what_if_unknown_address: small_with("[[what-if]]\nname = \"a\"\nset = { \"producer.chekout.acks\" = 1, \"consumr.x.y\" = 2, \"topic.orders.min.insync.replica\" = 2, \"kafka.brokrs\" = 3, \"producer.checkout.sends.cuont\" = 3 }");
    what_if_wrong_value: small_with("[[what-if]]\nname = \"a\"\nset = { \"producer.checkout.acks\" = \"al\" }");
    what_if_refused: producer("{ \"enable.idempotence\" = true }")
        + "\n[[what-if]]\nname = \"a\"\nset = { \"producer.checkout.acks\" = 1 }\n";
    what_if_breaks_the_file: small_with("[[what-if]]\nname = \"a\"\nset = { \"kafka.brokers\" = 2 }");
    what_if_changes_nothing: small_with("[[what-if]]\nname = \"a\"\nexpect = [\"lost == 0\"]");
    what_if_without_unknown_step: step("at = \"1s\"\ndo = \"say\"\nlabel = \"first\"\n[[what-if]]\nname = \"a\"\nwithout = [\"frist\"]");
    what_if_twice: small_with("[[what-if]]\nname = \"a\"\nset = { \"kafka.brokers\" = 4 }\n[[what-if]]\nname = \"a\"\nset = { \"kafka.brokers\" = 5 }");
    what_if_expects_wrongly: small_with("[[what-if]]\nname = \"a\"\nset = { \"producer.checkout.sends.count\" = 3 }\nexpect = [\"fate(m4) == lost\"]");
    matrix_unknown_axis: small_with("[matrix]\nexpect = [\"lost == 0\"]\n[[matrix.axis]]\nsetting = \"producer.checkout.acks\"\nlabel = \"acks\"\nvalues = [0, 1, \"all\"]\n[[matrix.cell]]\nwhen = { aks = 1 }\nexpect = [\"lost == 0\"]\n[[matrix.cell]]\nwhen = { acks = 2 }\nexpect = [\"lost == 0\"]");
    matrix_too_large: small_with(&format!("[matrix]\nexpect = [\"lost == 0\"]\n{0}\n{1}",
        axis("producer.checkout.linger.ms"), axis("producer.checkout.batch.size")));
    matrix_wrong_value: small_with("[matrix]\nexpect = [\"lost == 0\"]\n[[matrix.axis]]\nsetting = \"producer.checkout.acks\"\nvalues = [0, 3]");
    matrix_without_expectations: small_with("[matrix]\n[[matrix.axis]]\nsetting = \"producer.checkout.acks\"\nvalues = [0, 1]");
}

fn axis(setting: &str) -> String {
    let values: Vec<String> = (0..32).map(|n| n.to_string()).collect();
    format!("[[matrix.axis]]\nsetting = \"{setting}\"\nvalues = [{}]", values.join(", "))
}

#[test]
fn file_too_large() {
    let text = " ".repeat((1 << 20) + 1);
    assert_text("file_too_large", &told(&text));
}

#[test]
fn not_utf8() {
    let parsed = parse_bytes("test", b"[scenario]\nsystem = \"kaf\xffka\"\n");
    let told = render(&parsed.diagnostics[0], "", "test.toml", false);
    assert_text("not_utf8", &told);
    assert_eq!((parsed.diagnostics[0].line, parsed.diagnostics[0].column), (2, 14));
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = small("brokers = 3", "brokrs = 3")
        .replace("every = \"20ms\"", "every = 20")
        .replace("from = [\"orders\"]", "from = [\"order\"]")
        .replace("lost == 0", "losst == 0");
    let codes: Vec<&str> = parse("test", &text).diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(codes, ["unknown-key", "missing-unit", "unknown-topic", "unknown-word"]);
}

#[test]
fn a_mistake_has_line_and_column() {
    let text = small("lost == 0", "lost == 0\", \"losst == 0");
    let diagnostics = parse("test", &text).diagnostics;
    let line = text.lines().position(|l| l.contains("losst")).map_or(0, |i| i + 1);
    assert_eq!((diagnostics[0].line as usize, diagnostics[0].column), (line, 27));
    assert_eq!(&text[diagnostics[0].span.clone()], "losst");
}

#[test]
fn color_is_only_used_when_asked_for() {
    let text = small("brokers = 3", "brokrs = 3");
    let d = &parse("test", &text).diagnostics[0];
    assert!(render(d, &text, "test.toml", true).contains("\u{1b}["));
    assert!(!render(d, &text, "test.toml", false).contains("\u{1b}["));
}
