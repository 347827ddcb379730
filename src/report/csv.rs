//! CSV (RFC 4180), a row a type, finding, proof, gap and field; no cell of it is one that a spreadsheet would
//! run or a terminal would act on.

use super::contents::Report;
use super::values::Distinct;
use crate::event::text::sanitize;

/// The columns.
const HEADER: [&str; 15] = [
    "row", "type", "field", "what", "severity", "count", "of", "received", "lost", "types", "distinct", "values",
    "example", "first", "last",
];

/// The report as CSV.
pub fn csv(report: &Report) -> String {
    let mut out = Csv::default();
    out.row(&HEADER.map(|name| (name, name.to_owned())));
    let time = |at: Option<jiff::Timestamp>| at.map(|at| format!("{at:.3}")).unwrap_or_default();
    let number = |number: u64| number.to_string();
    for known in &report.types {
        out.row(&[
            ("row", "type".into()),
            ("type", known.event_type.as_str().into()),
            ("count", number(known.captured)),
            ("received", known.coverage.map(|coverage| number(coverage.received)).unwrap_or_default()),
            ("lost", known.lost.map(|_| known.lost_words().replace(',', "")).unwrap_or_default()),
            ("first", time(known.first)),
            ("last", time(known.last)),
        ]);
    }
    for finding in &report.findings {
        out.row(&[
            ("row", "finding".into()),
            ("type", finding.event_type.as_str().into()),
            ("field", finding.path.clone()),
            ("what", finding.rule.id.into()),
            ("severity", finding.severity.as_str().into()),
            ("count", number(finding.events)),
            ("of", number(finding.of)),
            ("values", finding.example.found.to_string()),
            ("example", finding.heading().into()),
            ("first", time(finding.first)),
            ("last", time(finding.last)),
        ]);
    }
    for proof in &report.proofs.list {
        out.row(&[
            ("row", "proof".into()),
            ("type", proof.event_type.as_str().into()),
            ("what", proof.proof.into()),
            ("count", proof.after_ms.map(number).unwrap_or_default()),
            ("values", proof.said.to_string()),
            ("example", proof.event_uuid.to_string()),
            ("last", time(proof.at)),
        ]);
    }
    for gap in &report.gaps {
        out.row(&[
            ("row", "gap".into()),
            ("type", gap.event_type.as_str().into()),
            ("lost", gap.lost_words().replace(',', "")),
            ("last", time(gap.at)),
        ]);
    }
    for (known, field) in report.types.iter().flat_map(|known| known.fields.iter().map(move |field| (known, field))) {
        let values: Vec<_> = field.values.iter().map(|value| format!("{} {}", value.value, value.count)).collect();
        let (distinct, what) = match field.distinct {
            Distinct::Exactly(count) => (number(count), ""),
            Distinct::About(count) => (number(count), "distinct is an estimate"),
        };
        out.row(&[
            ("row", "field".into()),
            ("type", known.event_type.as_str().into()),
            ("field", field.path.clone()),
            ("what", what.into()),
            ("count", number(field.count)),
            ("of", number(field.of)),
            ("types", field.types.words().replace(", ", " | ")),
            ("distinct", distinct),
            ("values", values.join(" | ")),
            ("example", field.example.as_ref().map(ToString::to_string).unwrap_or_default()),
        ]);
    }
    out.text
}

#[derive(Default)]
struct Csv {
    text: String,
}

impl Csv {
    /// Writes a row: the cells by the names of their columns, the others empty.
    fn row(&mut self, cells: &[(&str, String)]) {
        let cell = |name: &&str| cells.iter().find(|(column, _)| column == name).map_or("", |(_, value)| value);
        let cells: Vec<_> = HEADER.iter().map(|name| quoted(&harmless(&sanitize(cell(name))))).collect();
        self.text.push_str(&cells.join(","));
        self.text.push_str("\r\n");
    }
}

/// A cell that no spreadsheet runs: before what would begin a formula stands an apostrophe, which makes it text. So it does
/// within a cell, after what ends one where lists are written with semicolons. Numbers stay numbers.
fn harmless(cell: &str) -> String {
    if cell.parse::<f64>().is_ok_and(f64::is_finite) && !cell.starts_with('+') {
        return cell.to_owned();
    }
    let mut out = String::with_capacity(cell.len() + 1);
    let mut begins = true;
    for c in cell.chars() {
        if begins && matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠') {
            out.push('\'');
        }
        // Blanks before it do not save from it.
        begins = matches!(c, ';' | '\t' | '\n' | '\r') || begins && (c == ' ' || c == '"');
        out.push(c);
    }
    out
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', ';', '"', '\n', '\r', '\t', '\'']) || cell.starts_with(' ') || cell.ends_with(' ') {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The rows of a CSV, as RFC 4180 has them.
    fn rows(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut cell, mut in_quotes) = (Vec::new(), Vec::new(), String::new(), false);
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' if in_quotes && chars.next_if_eq(&'"').is_some() => cell.push('"'),
                '"' => in_quotes = !in_quotes,
                ',' if !in_quotes => row.push(std::mem::take(&mut cell)),
                '\r' if !in_quotes && chars.next_if_eq(&'\n').is_some() => {
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
                c => cell.push(c),
            }
        }
        rows
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_text_and_a_number_is_one() {
        let cases = [
            ("=cmd()", "'=cmd()"),
            ("+1+2", "'+1+2"),
            ("+5", "'+5"),
            ("-5", "-5"),
            ("-1.5e3", "-1.5e3"),
            ("-5+cmd|' /C calc'!A0", "'-5+cmd|' /C calc'!A0"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t'=1"),
            ("  =1", "  '=1"),
            ("\"=1", "\"'=1"),
            ("a;=1", "a;'=1"),
            ("a\n-1", "a\n'-1"),
            ("＝1", "'＝1"),
            ("a=1", "a=1"),
            ("", ""),
            ("nan", "nan"),
        ];
        for (cell, expected) in cases {
            assert_eq!(harmless(cell), expected, "{cell:?}");
        }
    }

    proptest! {
        #[test]
        fn cells_are_read_back_and_none_begins_a_formula(cells in proptest::collection::vec(any::<String>(), HEADER.len())) {
            let named: Vec<_> = HEADER.into_iter().zip(cells.clone()).collect();
            let mut csv = Csv::default();
            csv.row(&named);
            csv.row(&named);
            let expected: Vec<_> = cells.iter().map(|cell| harmless(&sanitize(cell))).collect();
            prop_assert_eq!(rows(&csv.text), vec![expected.clone(), expected.clone()]);
            for cell in expected {
                let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
                prop_assert!(!runs || cell.parse::<f64>().is_ok(), "{:?}", cell);

            }
        }
    }
}
