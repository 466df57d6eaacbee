//! Tests over all tables.

use super::*;

#[test]
fn every_setting_has_a_field_and_its_default_is_in_range() {
    fn check<C: Values>() {
        for setting in C::table() {
            let mut config = C::default();
            assert_eq!(config.get(setting.name), Some(setting.default), "{}", setting.name);
            assert!((setting.low..=setting.high).contains(&setting.default), "{}", setting.name);
            assert!(config.set(setting.name, setting.low));
            assert_eq!(config.get(setting.name), Some(setting.low), "{}", setting.name);
            assert!(setting.en.ends_with('.') && setting.zh.ends_with('。'), "{}", setting.name);
        }
    }
    check::<ProducerConfig>();
    check::<ConsumerConfig>();
    check::<BrokerConfig>();
    check::<TopicConfig>();
}
