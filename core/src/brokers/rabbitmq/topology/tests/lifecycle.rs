//! What goes with a connection, a node, a restart.

use super::*;

fn transient(name: &str) -> QueueDeclare {
    QueueDeclare { durable: false, ..QueueDeclare::durable(name, Table::new()) }
}

#[test]
fn exclusive_queues_go_with_their_connection() {
    let mut topology = old();
    let exclusive = |name| QueueDeclare { exclusive: true, ..transient(name) };
    topology.declare_by(&exclusive("mine"), MINE).unwrap();
    topology.declare_by(&exclusive("theirs"), OTHER).unwrap();
    topology.add_queue("shared");
    let auto = ExchangeDeclare {
        auto_delete: true,
        ..ExchangeDeclare::durable("auto", ExchangeType::Fanout)
    };
    topology.declare_exchange("/", &auto).unwrap();
    topology.add_binding(Bind::queue("auto", "mine", ""));
    let gone = topology.connection_ended(MINE);
    assert_eq!(gone.queues.len(), 1);
    assert_eq!(gone.exchanges.len(), 1, "the auto-delete exchange lost its last binding");
    let names: Vec<_> = topology.queues("/").map(|queue| queue.name.to_string()).collect();
    assert_eq!(names, ["shared", "theirs"]);
    assert!(topology.declare_by(&exclusive("mine"), OTHER).is_ok(), "the name is free");
}

#[test]
fn a_restart_keeps_what_is_durable() {
    let mut topology = old();
    topology.declare(&transient("t")).unwrap();
    topology.bound("amq.direct", "d", "k");
    topology.add_binding(Bind::queue("amq.direct", "t", "k"));
    let passing =
        ExchangeDeclare { durable: false, ..ExchangeDeclare::durable("x", ExchangeType::Fanout) };
    topology.declare_exchange("/", &passing).unwrap();
    topology.add_binding(Bind::queue("x", "d", ""));
    let auto = ExchangeDeclare {
        auto_delete: true,
        ..ExchangeDeclare::durable("auto", ExchangeType::Fanout)
    };
    topology.declare_exchange("/", &auto).unwrap();
    topology.add_binding(Bind::queue("auto", "t", ""));
    let durable_auto =
        QueueDeclare { auto_delete: true, ..QueueDeclare::durable("da", Table::new()) };
    topology.declare(&durable_auto).unwrap();
    let gone = topology.recover();
    assert_eq!((gone.queues.len(), gone.exchanges.len(), gone.bindings.len()), (1, 1, 3));
    assert!(topology.exchange_id("/", "auto").is_some(), "nothing is deleted automatically");
    assert!(topology.queue_id("/", "da").is_some());
    assert_eq!(topology.sent("amq.direct", &key("k")), ["d"]);
    assert!(topology.recover().is_empty(), "a second restart finds nothing more");
}

#[test]
fn the_queues_of_a_dead_node() {
    let mut topology = old();
    topology.name_node(NodeId(1), "rabbit@n2".into());
    let there = Declarer { node: NodeId(1), ..DECLARER };
    topology.declare_queue("/", &QueueDeclare::durable("d", Table::new()), &there).unwrap();
    topology.declare_queue("/", &transient("t"), &there).unwrap();
    topology.declare_queue("/", &QueueDeclare::durable("mirrored", Table::new()), &there).unwrap();
    let quorum = table(&[("x-queue-type", text("quorum"))]);
    topology.declare_queue("/", &QueueDeclare::durable("qq", quorum), &there).unwrap();
    topology.add_exchange("stray", ExchangeType::Fanout);
    topology.bound("stray", "lost and found", "");
    let declare = ExchangeDeclare {
        auto_delete: true,
        arguments: table(&[("alternate-exchange", text("stray"))]),
        ..ExchangeDeclare::durable("x", ExchangeType::Direct)
    };
    topology.declare_exchange("/", &declare).unwrap();
    topology.add_binding(Bind::queue("x", "d", "k"));
    let gone = topology.node_down(NodeId(1), |queue| &*queue.name == "mirrored");
    assert_eq!(gone.queues.len(), 1);
    assert_eq!(gone.queues[0].name, "t".into());
    assert!(topology.sent("", &key("d")).is_empty());
    assert_eq!(topology.sent("", &key("mirrored")), ["mirrored"]);
    assert_eq!(topology.sent("", &key("qq")), ["qq"]);
    assert_eq!(topology.sent("x", &key("k")), ["lost and found"], "its binding is not seen");
    let down = "404 NOT_FOUND - home node 'rabbit@n2' of durable queue 'd' in vhost '/' is down \
                or inaccessible";
    assert_eq!(refused(topology.declare(&QueueDeclare::durable("d", Table::new()))), down);
    assert_eq!(refused(topology.declare(&QueueDeclare::passive("d"))), down);
    assert_eq!(refused(topology.queue_to_use("/", "d", MINE)), down);
    assert_eq!(refused(topology.queue_to_delete("/", "d", MINE, false, false)), down);
    assert_eq!(refused(topology.bind("/", &Bind::queue("amq.fanout", "d", ""), MINE)), down);
    assert!(topology.declare(&transient("t")).is_ok(), "may be declared elsewhere");
    topology.node_up(NodeId(1));
    assert_eq!(topology.sent("x", &key("k")), ["d"], "all is back");
}

#[test]
fn a_copy_goes_its_own_way() {
    let mut left = old();
    left.bound("amq.topic", "q", "a.#");
    let mut right = left.clone();
    right.bound("amq.topic", "r", "a.*");
    left.unbind("/", &Bind::queue("amq.topic", "q", "a.#"), MINE).unwrap();
    assert!(left.sent("amq.topic", &key("a.b")).is_empty());
    assert_eq!(right.sent("amq.topic", &key("a.b")), ["q", "r"]);
}
