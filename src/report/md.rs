//! Markdown, as issue trackers read it (GitHub Flavored Markdown). What came from outside stands in code only, where it means
//! nothing.

use super::contents::{FindingReport, Report, TypeReport};
use super::profile::FieldReport;
use super::rows::{Extent, and_more, fill, put};
use super::words::{clock, from_to, percent};
use crate::event::text::{counted, grouped, span};
use crate::event::{Sanitized, sanitized};

/// The columns of a bar.
const BAR: u64 = 10;

/// The report as Markdown.
pub fn markdown(report: &Report, extent: Extent) -> String {
    let mut out = format!("# Events of {}\n\n", code(&report.source));
    let found = report.severities().summary();
    let found = if found.is_empty() { "nothing found".into() } else { found };
    let masked = report.redacted.then_some("masked");
    let between = from_to(report.from, report.to);
    let target = report.target.as_ref().map(code);
    let facts = [
        Some(report.size().to_string()),
        Some(between.to_string()).filter(|it| !it.is_empty()),
        target,
        (report.events > 0).then(|| format!("**{found}**")),
        masked.map(str::to_owned),
    ];
    out.push_str(&facts.into_iter().flatten().collect::<Vec<_>>().join(" · "));
    out.push('\n');
    if report.events == 0 {
        out.push_str("\nThere is no event in it.\n");
    }
    types(report, extent, &mut out);
    timeline(report, &mut out);
    findings(report, extent, &mut out);
    requests(report, extent, &mut out);
    proofs(report, extent, &mut out);
    gaps(report, extent, &mut out);
    fields(report, extent, &mut out);
    let remarks = report.remarks();
    if !remarks.is_empty() {
        out.push_str("\n## Not told\n\n");
        for remark in &remarks {
            put!(out, "- {}\n", plain(remark));
        }
    }
    out
}

/// The rest of a table that was cut.
fn more(left: usize, out: &mut String) {
    if let Some(more) = and_more(left) {
        put!(out, "\n… {more}\n");
    }
}

fn types(report: &Report, extent: Extent, out: &mut String) {
    if report.types.is_empty() {
        return;
    }
    out.push_str(
        "\n## Types\n\n| Type | Captured | Since the start | Lost | Findings | First | Last |\n|:--|--:|--:|--:|:--|:--|:--|\n",
    );
    let row = |known: &TypeReport| {
        let time = |at: Option<_>| at.map_or_else(|| "–".into(), |at| report.time(at));
        format!(
            "| {} | {} | {} | {} | {} | {} | {} |\n",
            cell(&known.event_type.shown().fit(64)),
            grouped(known.captured),
            known.while_watched(),
            known.lost_words(),
            known.signs(),
            time(known.first),
            time(known.last),
        )
    };
    let left = fill(out, extent.part(25), report.types.iter().map(row));
    more(left, out);
    out.push_str(
        "\nCaptured: the events in this report. Since the start: how many of those that the server counted while \
                  it was watched are among them, `?` where it gave no count. \
                  Times are UTC.\n",
    );
    if !report.errors.is_empty() {
        let errors = report.errors.iter().take(20).map(|(sort, count)| format!("{} {}", code(sort), grouped(*count)));
        let errors = errors.collect::<Vec<_>>().join(", ");
        put!(out, "\nThe server could not process, by its own counts of the day: {errors}\n");
    }
}

fn timeline(report: &Report, out: &mut String) {
    const LEVELS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let timeline = &report.timeline;
    let most = timeline.most();
    if timeline.spans.len() < 2 {
        return;
    }
    let level = |events: u64| {
        let level = usize::try_from((events * 8).div_ceil(most.max(1))).unwrap_or(8);
        LEVELS.get(level).copied().unwrap_or('█')
    };
    let bars: String = timeline.spans.iter().map(|span| level(span.events)).collect();
    let faulty: String =
        timeline.spans.iter().map(|span| if span.faulty > 0 { '!' } else { ' ' }).collect::<String>().trim_end().into();
    let first = timeline.spans.first().and_then(|span| span.at).map(clock).unwrap_or_default();
    put!(out, "\n## Timeline\n\n```text\n{bars}\n");
    if !faulty.is_empty() {
        put!(out, "{faulty}\n");
    }
    put!(
        out,
        "```\n\nFrom {first} UTC, {} a column, {} in the highest; `!` marks errors and warnings.\n",
        timeline.width(),
        counted(most, "event")
    );
}

fn findings(report: &Report, extent: Extent, out: &mut String) {
    if report.events == 0 {
        return;
    }
    out.push_str("\n## Findings\n");
    if report.findings.is_empty() {
        out.push_str("\nNothing was found.\n");
    }
    let left = fill(out, extent.part(60), report.findings_by_rule().map(|(it, is_new)| finding(it, is_new)));
    more(left, out);
}

/// A finding; why its rule is there is said of the first.
fn finding(finding: &FindingReport, is_new: bool) -> String {
    let FindingReport { rule, severity, example, .. } = finding;
    let place = finding.place();
    let place = if place.is_empty() { String::new() } else { format!(" at {}", code(&place)) };
    let mut out = format!("\n### {} {}\n\n", severity.sign(), plain(&finding.rule.title.into()));
    put!(
        out,
        "{}{place} · {severity} · in {} of {} · {}\n\n",
        code(&finding.event_type.shown().fit(64)),
        grouped(finding.events),
        counted(finding.of, "event"),
        code(&rule.id.into()),
    );
    put!(out, "- expected {}\n- found {}\n", code(&example.expected), code(&example.found));
    if let Some(fix) = &example.fix {
        put!(out, "- fix: {}\n", code(fix));
    }
    if is_new && !rule.why.is_empty() {
        put!(out, "- why: {}\n", plain(&rule.why.into()));
    }
    put!(out, "- example: {}\n", code(&finding.heading()));
    if let Some(event) = &example.event {
        let fence = fence(event, 3);
        put!(out, "\n{fence}json\n{event}\n{fence}\n");
    }
    out
}

fn requests(report: &Report, extent: Extent, out: &mut String) {
    let requests = &report.requests;
    if requests.count == 0 {
        return;
    }
    put!(out, "\n## Requests\n\n{}\n", requests.summary());
    if requests.refusals.is_empty() {
        return;
    }
    out.push_str("\n| Refused | Status | Request | Why |\n|--:|--:|:--|:--|\n");
    let row = |line: &super::contents::RefusalReport| {
        let super::contents::RefusalReport { requests, status, request, why } = line;
        format!("| {} | {status} | {} | {} |\n", grouped(*requests), cell(request), cell(why))
    };
    let left = fill(out, extent.part(60), requests.refusals.iter().map(row));
    more(left, out);
}

fn proofs(report: &Report, extent: Extent, out: &mut String) {
    let proofs = &report.proofs;
    if proofs.list.is_empty() {
        return;
    }
    put!(out, "\n## Proofs\n\n{}\n", report.proofs.summary());
    out.push_str("\n| Type | Proof | After | On the way | event_uuid |\n|:--|:--|--:|:--|:--|\n");
    let row = |line: &super::contents::ProofLine| {
        let after = line.after_ms.map(|after| span(std::time::Duration::from_millis(after))).unwrap_or_default();
        let (of, uuid) = (cell(&line.event_type.shown().fit(64)), cell(&line.event_uuid));
        format!("| {of} | {} | {after} | {} | {uuid} |\n", line.proof, cell(&line.said))
    };
    let left = fill(out, extent.part(70), proofs.list.iter().map(row));
    more(left, out);
}

fn gaps(report: &Report, extent: Extent, out: &mut String) {
    if report.gaps.is_empty() {
        return;
    }
    out.push_str("\n## Lost\n\n| Known at | Type | Lost |\n|:--|:--|--:|\n");
    let row = |gap: &super::contents::GapReport| {
        let lost = gap.lost_words();
        format!(
            "| {} | {} | {lost} |\n",
            gap.at.map(|at| report.time(at)).unwrap_or_default(),
            cell(&gap.event_type.shown().fit(64))
        )
    };
    let left = fill(out, extent.part(75), report.gaps.iter().map(row));
    more(left, out);
}

fn fields(report: &Report, extent: Extent, out: &mut String) {
    if report.types.iter().all(|known| known.fields.is_empty()) {
        return;
    }
    out.push_str("\n## Fields\n\nPresent: in how many of the objects around it. What the platform adds is left out.\n");
    let mut left = 0;
    for known in &report.types {
        let listed = || known.fields.iter().filter(|field| !field.says_nothing());
        let heading = format!(
            "\n### {}\n\n| Field | Present | Type | Different | Most frequent |\n|:--|:--|:--|--:|:--|\n",
            code(&known.event_type.shown().fit(64))
        );
        if out.len() + heading.len() > extent.part(95) {
            left += listed().count();
            continue;
        }
        out.push_str(&heading);
        left += fill(out, extent.part(97), listed().map(field));
    }
    more(left, out);
}

fn field(field: &FieldReport) -> String {
    let present = if field.is_element {
        counted(field.count, "element")
    } else {
        sanitized!("{} {}", bar(field.count, field.of), percent(field.count, field.of))
    };
    format!(
        "| {} | {present} | {} | {} | {} |\n",
        cell(&field.place()),
        field.types.words(),
        field.different(),
        values(field)
    )
}

fn values(field: &FieldReport) -> String {
    let scalars = field.scalars();
    let values = field.values.iter().map(|value| {
        let at_least = if value.at_least { "≥" } else { "" };
        format!("{} {at_least}{}", cell(&value.value), percent(value.count, scalars))
    });
    let range = field.range.as_ref().filter(|_| field.values.is_empty());
    let range = range.map(|(least, most)| format!("{} to {}", cell(least), cell(most)));
    let example =
        field.example.as_ref().filter(|_| range.is_none()).map(|example| format!("such as {}", cell(example)));
    values.chain(range).chain(example).collect::<Vec<_>>().join(", ")
}

/// A bar of blocks; what is there at all is seen.
pub(super) fn bar(count: u64, of: u64) -> Sanitized {
    let cells = u64::try_from(u128::from(count) * u128::from(BAR) / u128::from(of.max(1))).unwrap_or(BAR).min(BAR);
    let cells = usize::try_from(cells.max(u64::from(count > 0))).unwrap_or(0);
    let full = Sanitized::repeated("█", cells);
    sanitized!("{}{}", full, Sanitized::repeated("░", usize::try_from(BAR).unwrap_or(0) - cells))
}

/// Text in code, where it means nothing but itself.
pub fn code(text: &Sanitized) -> String {
    if text.is_empty() {
        return String::new();
    }
    let fence = fence(text, 1);
    let is_edged = |edge: char| text.starts_with(edge) && text.ends_with(edge) && text.chars().any(|c| c != edge);
    let pad = if text.starts_with('`') || text.ends_with('`') || is_edged(' ') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The same in a table, where a bar ends the cell also in code: there it stands between two pieces of code.
pub fn cell(text: &Sanitized) -> String {
    let parts = text.split('|').map(|part| code(&crate::event::text::sanitize(part)));
    parts.collect::<Vec<_>>().join("&#124;")
}

/// A fence that is longer than any run of backticks in the text.
fn fence(text: &str, least: usize) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(least.max(longest + 1))
}

/// The program's own words.
fn plain(words: &Sanitized) -> String {
    words.chars().fold(String::new(), |mut out, c| {
        if "\\`*_[]<>|#~".contains(c) {
            out.push('\\');
        }
        out.push(c);
        out
    })
}
