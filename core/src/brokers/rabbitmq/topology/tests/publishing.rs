//! M18, M38, M39: what is checked of a message.

use super::*;
use crate::brokers::rabbitmq::topology::publish::{FurtherKeys, check_properties};

fn check(mut properties: Properties) -> Result<(FurtherKeys, Properties), AmqpError> {
    check_properties(&mut properties, "guest").map(|keys| (keys, properties))
}

fn with_headers(fields: &[(&str, Value)]) -> Properties {
    Properties { headers: Some(table(fields)), ..Properties::default() }
}

#[test]
fn m17_and_m18_cc_and_bcc() {
    let list = |items: &[Value]| Value::Array(items.to_vec());
    let (keys, after) =
        check(with_headers(&[("CC", list(&[text("c"), int(1)])), ("BCC", list(&[text("b")]))]))
            .unwrap();
    assert_eq!(keys, FurtherKeys { cc: vec!["c".into()], bcc: vec!["b".into()] });
    assert_eq!(after, with_headers(&[("CC", list(&[text("c"), int(1)]))]));
    let (_, after) = check(with_headers(&[("BCC", list(&[]))])).unwrap();
    assert_eq!(after.headers, Some(Table::new()), "the empty table stays");
    let (keys, _) = check(with_headers(&[("CC", list(&[int(1), int(2)]))])).unwrap();
    assert_eq!(keys, FurtherKeys::default());
    assert_eq!(
        refused(check(with_headers(&[("CC", text("str"))]))),
        "406 PRECONDITION_FAILED - invalid message: \
         {unacceptable_type_in_header,\"CC\",longstr}"
    );
}

#[test]
fn m38_expiration_and_delivery_mode() {
    let expiring =
        |text: &str| check(Properties { expiration: Some(text.into()), ..Properties::default() });
    for (text, why) in [
        ("", "no_integer"),
        ("abc", "no_integer"),
        (" 5", "no_integer"),
        ("-5", "{value_negative,-5}"),
        ("5.5", "{leftover_string,\".5\"}"),
        ("5 ", "{leftover_string,\" \"}"),
        ("315360000001", "{value_too_large,315360000001}"),
        ("99999999999999999999", "{value_too_large,99999999999999999999}"),
    ] {
        let expected = format!("406 PRECONDITION_FAILED - invalid expiration '{text}': {why}");
        assert_eq!(refused(expiring(text)), expected);
    }
    for text in ["0", "+5", "315360000000"] {
        assert!(expiring(text).is_ok(), "{text}");
    }
    for (mode, fine) in [(0, false), (1, true), (2, true), (3, false)] {
        let checked = check(Properties { delivery_mode: Some(mode), ..Properties::default() });
        assert_eq!(checked.is_ok(), fine, "delivery mode {mode}");
    }
}

#[test]
fn m39_the_user() {
    let by = |user: &str| check(Properties { user_id: Some(user.into()), ..Properties::default() });
    assert!(by("guest").is_ok());
    assert_eq!(
        refused(by("mallory")),
        "406 PRECONDITION_FAILED - user_id property set to 'mallory' but authenticated user was \
         'guest'"
    );
}
