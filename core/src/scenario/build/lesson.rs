//! `[[predict]]`.

use super::expectations::read;
use super::steps::moment;
use crate::scenario::diagnostic::{Diagnostic, Report};
use crate::scenario::expression::PredictionOption;
use crate::scenario::model::{Prediction, Text};
use crate::scenario::names::Names;
use crate::scenario::reader::Reader;

/// The most predictions, and the most options of one.
const MOST_PREDICTIONS: usize = 100;
const MOST_OPTIONS: usize = 26;

/// Reads the predictions in file order.
pub fn predictions(file: &Reader<'_>, names: &Names, report: &mut Report) -> Vec<Prediction> {
    let form = file.form_of("predict");
    let mut predictions = Vec::new();
    for table in file.tables("predict", MOST_PREDICTIONS, report) {
        let reader = Reader::new(table, form, report);
        let at = reader.get("at", report).and_then(|node| moment(node, names, report));
        let ask = reader.bilingual("ask", report);
        let because = reader.bilingual("because", report);
        let options = options(&reader, names, report);
        if let Some(at) = at {
            predictions.push(Prediction { at, ask, options, because });
        }
    }
    predictions
}

fn options(predict: &Reader<'_>, names: &Names, report: &mut Report) -> Vec<PredictionOption> {
    let form = predict.form_of("options");
    let tables = predict.tables("options", MOST_OPTIONS, report);
    if tables.len() < 2
        && let Some(node) = predict.table.get("options")
    {
        let message = "a prediction needs at least two options";
        report.add(Diagnostic::error("wrong-value", node.at.clone(), message));
    }
    let mut options = Vec::new();
    for table in tables {
        let reader = Reader::new(table, form, report);
        let own = |key: &str, report: &mut Report| {
            reader.text(key, report).map(str::to_owned).unwrap_or_default()
        };
        let text = Text { en: own("en", report), zh: own("zh", report) };
        let belief = reader.bilingual("belief", report);
        let holds = reader.get("holds", report).and_then(|n| read(n, "holds", names, report));
        if let Some(holds) = holds {
            options.push(PredictionOption { text, holds, belief });
        }
    }
    options
}
