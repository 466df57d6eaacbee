//! A judgement as JSON: with ids as numbers, or with the names a person wrote.

use super::judgement::{Copy, Judgement, Settled};
use super::{Anomaly, Fate, JepsenAnomaly, OrderBreak, ProducerOutcome, Subset};
use crate::fact::{Directory, LaneId, MessageId, NodeId, Stated, SubscriptionId};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

/// Names, or numbers where there is no directory.
#[derive(Clone, Copy)]
struct Names<'a>(Option<&'a Directory>);

impl Names<'_> {
    fn message(self, id: MessageId) -> Value {
        self.0.map_or(json!(id.0), |d| json!(d.message(id)))
    }

    fn subscription(self, id: SubscriptionId) -> Value {
        self.0.map_or(json!(id.0), |d| json!(d.subscription(id)))
    }

    fn lane(self, id: LaneId) -> Value {
        self.0.map_or(json!(id.0), |d| json!(d.lane(id)))
    }

    fn node(self, id: NodeId) -> Value {
        self.0.map_or(json!(id.0), |d| json!(d.node(id)))
    }

    fn stated(self, stated: &Stated) -> Value {
        let fact = &stated.fact;
        let mut object = Map::new();
        object.insert("fact".into(), json!(fact.name()));
        object.insert("time".into(), json!(stated.time.0));
        object.insert("event".into(), json!(stated.event));
        let parts = [
            ("message", fact.message().map(|m| self.message(m))),
            ("lane", fact.lane().map(|l| self.lane(l))),
            ("node", fact.node().map(|n| self.node(n))),
            ("subscription", fact.subscription().map(|s| self.subscription(s))),
        ];
        for (name, value) in parts {
            if let Some(value) = value {
                object.insert(name.into(), value);
            }
        }
        Value::Object(object)
    }

    fn settled(self, s: &Settled, decided_by: Option<&Stated>) -> Value {
        json!({
            "message": self.message(s.message),
            "subscription": self.subscription(s.subscription),
            "fate": s.fate.name(),
            "decided-by": decided_by.map(|f| self.stated(f)),
        })
    }

    fn copy(self, c: &Copy) -> Value {
        json!({
            "lane": self.lane(c.lane),
            "node": self.node(c.node),
            "offset": c.offset,
            "epoch": c.epoch,
        })
    }

    fn anomaly(self, a: &Anomaly) -> Value {
        json!({
            "kind": a.kind.name(),
            "message": self.message(a.message),
            "subscription": a.subscription.map(|s| self.subscription(s)),
            "decided-by": a.decided_by.as_ref().map(|f| self.stated(f)),
            "related": a.related.iter().map(|f| self.stated(f)).collect::<Vec<_>>(),
        })
    }

    fn jepsen(self, a: &JepsenAnomaly) -> Value {
        json!({
            "name": a.name.name(),
            "lane": self.lane(a.lane),
            "messages": a.messages.iter().map(|m| self.message(*m)).collect::<Vec<_>>(),
            "offsets": a.offsets,
            "node": a.node.map(|n| self.node(n)),
        })
    }

    fn broken(self, b: &OrderBreak) -> Value {
        json!({
            "message": self.message(b.message),
            "behind": self.message(b.behind),
            "subscription": b.subscription.map(|s| self.subscription(s)),
            "lane": self.lane(b.lane),
            "stated": self.stated(&b.stated),
        })
    }
}

impl Judgement {
    fn json(&self, names: Names<'_>) -> Value {
        json!({
            "at": self.at.0,
            "totals": self.totals_json(),
            "messages": self.messages_json(names),
            "fates": self.fates.iter().map(|s| names.settled(s, self.decided_by(s).as_ref())).collect::<Vec<_>>(),
            "order": {
                "inversions": list(self.inversions(Subset::All), |b| names.broken(b)),
                "regressions": list(self.regressions(Subset::All), |b| names.broken(b)),
                "log-inversions": list(self.log_inversions(Subset::All), |b| names.broken(b)),
            },
            "unavailable": self.unavailable_json(names),
            "lag": self.lag_json(names),
            "latency": {
                "p50": self.latency(500, Subset::All).map(|s| s.0),
                "p99": self.latency(990, Subset::All).map(|s| s.0),
                "max": self.latency(1000, Subset::All).map(|s| s.0),
            },
            "facts": self.ledger().counts().stated().collect::<std::collections::BTreeMap<_, _>>(),
            "anomalies": list(self.anomalies(), |a| names.anomaly(&a)),
            "jepsen": list(self.jepsen(), |a| names.jepsen(&a)),
        })
    }

    fn totals_json(&self) -> Value {
        let mut totals = Map::new();
        for outcome in ProducerOutcome::ALL {
            totals.insert(outcome.name().into(), json!(self.outcomes(outcome, Subset::All)));
        }
        for fate in Fate::ALL {
            totals.insert(fate.name().into(), json!(self.count(fate, Subset::All)));
        }
        Value::Object(totals)
    }

    fn messages_json(&self, names: Names<'_>) -> Value {
        let reports = self.ids(Subset::All).filter_map(|m| self.message(m));
        list(reports, |r| {
            json!({
                "message": names.message(r.message),
                "producer": names.node(r.producer),
                "key": r.key.map(|k| names.0.map_or(json!(k.0), |d| json!(d.key(k)))),
                "lane": r.lane.map(|l| names.lane(l)),
                "outcome": r.outcome.name(),
                "decided-by": r.decided_by.as_ref().map(|f| names.stated(f)),
                "sent": r.sent.map(|t| t.0),
                "latency": r.latency.map(|s| s.0),
                "attempts": r.attempts,
                "copies": list(self.copies(r.message), |c| names.copy(&c)),
            })
        })
    }

    fn unavailable_json(&self, names: Names<'_>) -> Value {
        let span = |of| self.unavailable(of).map(|s| s.0);
        let plan = self.ledger().plan();
        let producers: std::collections::BTreeSet<_> =
            plan.blocks.iter().map(|b| b.producer).collect();
        json!({
            "producers": list(producers, |p| {
                json!({ "node": names.node(p), "longest": span(Subset::Node(p)) })
            }),
            "subscriptions": list(self.subscriptions(), |s| {
                json!({
                    "subscription": names.subscription(s),
                    "longest": span(Subset::Subscription(s)),
                })
            }),
        })
    }

    fn lag_json(&self, names: Names<'_>) -> Value {
        list(self.subscriptions(), |s| {
            json!({
                "subscription": names.subscription(s),
                "final": self.lag(false, Subset::Subscription(s)),
                "largest": self.lag(true, Subset::Subscription(s)),
            })
        })
    }

    fn subscriptions(&self) -> impl Iterator<Item = SubscriptionId> {
        (0..self.ledger().plan().subscriptions.len()).map(|i| SubscriptionId(i as u16))
    }

    /// The whole judgement as JSON with names for people.
    pub fn named(&self, directory: &Directory) -> Value {
        self.json(Names(Some(directory)))
    }
}

fn list<T>(items: impl IntoIterator<Item = T>, each: impl FnMut(T) -> Value) -> Value {
    Value::Array(items.into_iter().map(each).collect())
}

impl Serialize for Judgement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json(Names(None)).serialize(serializer)
    }
}
