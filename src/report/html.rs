//! HTML in one file, for people who were not there: it asks nobody for anything, runs nothing, and is read on any screen and
//! on paper. What came from outside is escaped wherever it stands.

use std::time::Duration;

use super::contents::{Example, FindingReport, GapReport, ProofLine, RefusalReport, Report, TypeReport};
use super::profile::FieldReport;
use super::rows::{Extent, and_more, fill, put};
use super::words::{clock, date, from_to, percent};
use crate::event::sanitized;
use crate::event::text::{counted, grouped, span};
use crate::lint::Severity;

const STYLE: &str = include_str!("style.css");

/// Up to so many types have their fields unfolded.
const UNFOLDED: usize = 3;

/// The report as an HTML page.
pub fn html(report: &Report, extent: Extent) -> String {
    let name = escaped(&report.source);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         base-uri 'none'; form-action 'none'\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>Events of {name}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
    );
    head(report, &name, &mut out);
    types(report, extent, &mut out);
    timeline(report, &mut out);
    findings(report, extent, &mut out);
    requests(report, extent, &mut out);
    proofs(report, extent, &mut out);
    gaps(report, extent, &mut out);
    fields(report, extent, &mut out);
    let remarks = report.remarks();
    if !remarks.is_empty() {
        out.push_str("<section id=\"left\">\n<h2>Not told</h2>\n");
        for remark in &remarks {
            put!(out, "<p>{}</p>\n", escaped(remark));
        }
        out.push_str("</section>\n");
    }
    out.push_str("<footer>Made by clickscope. Times are UTC.</footer>\n</body>\n</html>\n");
    out
}

fn head(report: &Report, name: &str, out: &mut String) {
    put!(out, "<header>\n<p class=\"over\">Events of</p>\n<h1>{name}</h1>\n");
    let between = from_to(report.from, report.to);
    let facts =
        [Some(between).filter(|it| !it.is_empty()), report.target.clone(), report.redacted.then(|| "masked".into())];
    let facts: Vec<_> = facts.iter().flatten().map(|fact| escaped(fact)).collect();
    if !facts.is_empty() {
        put!(out, "<p class=\"quiet\">{}</p>\n", facts.join(" · "));
    }
    if report.events == 0 {
        out.push_str("<p>There is no event in it.</p>\n");
    } else {
        let found = report.severities();
        let lost = report.gaps.len() as u64 + report.left_out.gaps;
        let proofs = &report.proofs;
        let sums = [
            (report.events, "", "types", "event"),
            (report.types.len() as u64, "", "types", "type"),
            (found.errors, "error", "findings", "error"),
            (found.warnings, "warning", "findings", "warning"),
            (lost, "warning", "lost", "gap"),
            (report.requests.refused, "error", "requests", "refused"),
            (proofs.seen, "", "proofs", "proved"),
            (proofs.missed, "error", "proofs", "not seen"),
        ];
        out.push_str("<ul class=\"sums\">\n");
        // That there are no errors is worth a word; that nothing was sent is not.
        let told = |(at, (count, ..)): &(usize, (u64, _, _, _))| *at < 4 || *count > 0;
        for (_, (count, class, section, word)) in sums.into_iter().enumerate().filter(told) {
            let class = if count > 0 { class } else { "quiet" };
            let many = if count == 1 || matches!(word, "refused" | "proved" | "not seen") { "" } else { "s" };
            let count = grouped(count);
            put!(out, "<li><a href=\"#{section}\"><b class=\"{class}\">{count}</b> {word}{many}</a></li>\n");
        }
        out.push_str("</ul>\n");
    }
    out.push_str("</header>\n");
}

fn section(id: &str, title: &str, out: &mut String) {
    put!(out, "<section id=\"{id}\">\n<h2>{title}</h2>\n");
}

/// The end of a section, with how much of it was cut.
fn end(left: usize, out: &mut String) {
    if let Some(more) = and_more(left) {
        put!(out, "<p class=\"quiet\">… {more}</p>\n");
    }
    out.push_str("</section>\n");
}

fn types(report: &Report, extent: Extent, out: &mut String) {
    if report.types.is_empty() {
        return;
    }
    section("types", "Types", out);
    out.push_str(
        "<table class=\"stack\">\n<thead><tr><th>Type<th class=\"n\">Captured<th class=\"n\">Since the start<th class=\"n\">Lost\
         <th>Findings<th>First<th>Last</tr></thead>\n<tbody>\n",
    );
    let most = report.types.iter().map(|known| known.captured).max().unwrap_or(1);
    let row = |known: &TypeReport| {
        let time = |at: Option<_>| at.map_or_else(|| "–".into(), |at| report.time(at));
        let worst = known.findings.worst().map_or("none", Severity::as_str);
        format!(
            "<tr><td><code>{}</code>{}<td class=\"n side\">{}<td class=\"n\" data-label=\"since the start\">{}\
             <td class=\"n side{}\" data-label=\"lost\">{}<td class=\"{worst} t all\">{}<td class=\"t wide\">{}<td class=\"t wide\">{}</tr>\n",
            escaped(&known.event_type.shown().fit(64)),
            bar(known.captured, most),
            grouped(known.captured),
            known.while_watched(),
            if known.lost.is_none() { " none" } else { "" },
            known.lost_words(),
            known.signs(),
            time(known.first),
            time(known.last),
        )
    };
    let left = fill(out, extent.part(25), report.types.iter().map(row));
    out.push_str("</tbody>\n</table>\n");
    out.push_str(
        "<p class=\"quiet small\">Captured are the events in this report; since the start: how many of those that the server \
         counted while it was watched are among them, a question mark where it gave no count; lost are those that certainly came and were not seen.</p>\n",
    );
    if !report.errors.is_empty() {
        let errors = report
            .errors
            .iter()
            .take(20)
            .map(|(sort, count)| format!("<code>{}</code> {}", escaped(sort), grouped(*count)));
        let errors = errors.collect::<Vec<_>>().join(", ");
        put!(out, "<p>The server could not process, by its own counts of the day: {errors}</p>\n");
    }
    end(left, out);
}

fn timeline(report: &Report, out: &mut String) {
    const HEIGHT: u64 = 100;
    let timeline = &report.timeline;
    let (Some(first), Some(last)) = (timeline.spans.first(), timeline.spans.last()) else { return };
    if timeline.spans.len() < 2 {
        return;
    }
    section("timeline", "Timeline", out);
    let most = timeline.most().max(1);
    let width = timeline.spans.len() * 10;
    put!(
        out,
        "<svg class=\"time\" viewBox=\"0 0 {width} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"Events over time\">\n"
    );
    for (at, span) in timeline.spans.iter().enumerate().filter(|(_, span)| span.events > 0) {
        let height = |count: u64| {
            u64::try_from(u128::from(count) * u128::from(HEIGHT) / u128::from(most)).unwrap_or(HEIGHT).max(2)
        };
        let x = at * 10 + 1;
        let (all, faulty) = (height(span.events), height(span.faulty));
        let said = sanitized!(
            "{} UTC: {}, {} with errors or warnings",
            span.at.map(date).unwrap_or_default(),
            counted(span.events, "event"),
            grouped(span.faulty)
        );
        put!(out, "<g><title>{said}</title><rect x=\"{x}\" y=\"{}\" width=\"8\" height=\"{all}\"/>", HEIGHT - all);
        if span.faulty > 0 {
            put!(out, "<rect class=\"faulty\" x=\"{x}\" y=\"{}\" width=\"8\" height=\"{faulty}\"/>", HEIGHT - faulty);
        }
        out.push_str("</g>\n");
    }
    let ends = [first.at, last.at].map(|at| at.map(clock).unwrap_or_default());
    let [from, to] = ends;
    put!(
        out,
        "</svg>\n<div class=\"axis\"><span>{from}</span><span>{to}</span></div>\n<p class=\"quiet small\">{} a column, {} in \
         the highest; the lower part of a column, in red, is events with errors or warnings.</p>\n",
        timeline.width(),
        counted(most, "event")
    );
    end(0, out);
}

fn findings(report: &Report, extent: Extent, out: &mut String) {
    if report.events == 0 {
        return;
    }
    section("findings", "Findings", out);
    if report.findings.is_empty() {
        out.push_str("<p>Nothing was found.</p>\n");
    }
    let left = fill(out, extent.part(60), report.findings_by_rule().map(|(it, is_new)| finding(it, is_new)));
    end(left, out);
}

/// A finding; why its rule is there is said of the first.
fn finding(finding: &FindingReport, is_new: bool) -> String {
    let FindingReport { rule, severity, example, .. } = finding;
    let Example { expected, found, fix, event, .. } = example;
    let place = finding.place();
    let place = if place.is_empty() { String::new() } else { format!(" at <code>{}</code>", escaped(&place)) };
    let mut out = format!(
        "<article>\n<h3><b class=\"{severity}\">{}</b>{}</h3>\n<p><code>{}</code>{place}, in {} of {} \
         <span class=\"quiet\">· {severity} · {}</span></p>\n",
        severity.sign(),
        escaped(rule.title),
        escaped(&finding.event_type.shown().fit(64)),
        grouped(finding.events),
        counted(finding.of, "event"),
        escaped(rule.id),
    );
    out.push_str("<dl>\n");
    let mut line = |label: &str, text: &str, is_code: bool| {
        if !text.is_empty() {
            let text = escaped(text);
            let text = if is_code { format!("<code>{text}</code>") } else { text };
            put!(out, "<dt>{label}</dt><dd>{text}</dd>\n");
        }
    };
    line("expected", expected, false);
    line("found", found, true);
    line("fix", fix.as_deref().unwrap_or_default(), false);
    line("why", if is_new { rule.why } else { "" }, false);
    line("docs", if is_new { rule.documentation } else { "" }, false);
    line("example", &finding.heading(), false);
    out.push_str("</dl>\n");
    if let Some(event) = event {
        put!(out, "<details><summary>The event</summary><pre>{}</pre></details>\n", escaped(event));
    }
    out.push_str("</article>\n");
    out
}

fn requests(report: &Report, extent: Extent, out: &mut String) {
    let requests = &report.requests;
    if requests.count == 0 {
        return;
    }
    section("requests", "Requests", out);
    put!(out, "<p>{}</p>\n", requests.summary());
    let mut left = 0;
    if !requests.refusals.is_empty() {
        out.push_str(
            "<table class=\"stack\">\n<thead><tr><th class=\"n\">Refused<th class=\"n\">Status<th>Request<th>Why</tr></thead>\n<tbody>\n",
        );
        let row = |RefusalReport { requests, status, request, why }: &RefusalReport| {
            let (request, why) = (escaped(request), escaped(why));
            format!(
                "<tr><td class=\"n\">{}<td class=\"n\">{status}<td><code>{request}</code><td class=\"all\">{why}</tr>\n",
                grouped(*requests)
            )
        };
        left = fill(out, extent.part(60), requests.refusals.iter().map(row));
        out.push_str("</tbody>\n</table>\n");
    }
    end(left, out);
}

fn proofs(report: &Report, extent: Extent, out: &mut String) {
    let proofs = &report.proofs;
    if proofs.list.is_empty() {
        return;
    }
    section("proofs", "Proofs", out);
    put!(
        out,
        "<p>{}</p>\n<table class=\"stack\">\n<thead><tr><th>Type<th>Proof<th class=\"n\">After<th>On the way<th>event_uuid\
         </tr></thead>\n<tbody>\n",
        proofs.summary()
    );
    let row = |line: &ProofLine| {
        let after = line.after_ms.map(|after| span(Duration::from_millis(after))).unwrap_or_default();
        let class = if line.proof == "missed" { "error" } else { "" };
        format!(
            "<tr><td><code>{}</code><td class=\"{class} side\">{}<td class=\"n\">{after}<td class=\"all\">{}<td class=\"wide\">\
             <code>{}</code></tr>\n",
            escaped(&line.event_type.shown().fit(64)),
            line.proof,
            escaped(&line.said),
            escaped(&line.event_uuid)
        )
    };
    let left = fill(out, extent.part(70), proofs.list.iter().map(row));
    out.push_str("</tbody>\n</table>\n");
    end(left, out);
}

fn gaps(report: &Report, extent: Extent, out: &mut String) {
    if report.gaps.is_empty() {
        return;
    }
    section("lost", "Lost", out);
    out.push_str("<table>\n<thead><tr><th>Known at<th>Type<th class=\"n\">Lost</tr></thead>\n<tbody>\n");
    let row = |gap: &GapReport| {
        let lost = gap.lost_words();
        let of = escaped(&gap.event_type.shown().fit(64));
        format!(
            "<tr><td>{}<td><code>{of}</code><td class=\"n\">{lost}</tr>\n",
            gap.at.map(|at| report.time(at)).unwrap_or_default()
        )
    };
    let left = fill(out, extent.part(75), report.gaps.iter().map(row));
    out.push_str("</tbody>\n</table>\n");
    end(left, out);
}

fn fields(report: &Report, extent: Extent, out: &mut String) {
    if report.types.iter().all(|known| known.fields.is_empty()) {
        return;
    }
    section("fields", "Fields", out);
    out.push_str(
        "<p class=\"quiet small\">Present is the share of the objects around a field that have it. What the platform adds \
         is left out.</p>\n",
    );
    let open = if report.types.len() <= UNFOLDED { " open" } else { "" };
    let mut left = 0;
    for known in &report.types {
        let listed = || known.fields.iter().filter(|field| !field.says_nothing());
        let count = listed().count();
        let heading = format!(
            "<details class=\"fields\"{open}><summary><code>{}</code> <span class=\"quiet\">{}</span></summary>\n<table \
             class=\"stack\">\n<thead><tr><th>Field<th>Present<th>Type<th class=\"n\">Different<th>Most frequent</tr></thead>\n\
             <tbody>\n",
            escaped(&known.event_type.shown().fit(64)),
            counted(count as u64, "field")
        );
        if out.len() + heading.len() > extent.part(95) {
            left += count;
            continue;
        }
        out.push_str(&heading);
        left += fill(out, extent.part(97), listed().map(field));
        out.push_str("</tbody>\n</table>\n</details>\n");
    }
    end(left, out);
}

fn field(field: &FieldReport) -> String {
    let present = if field.is_element {
        counted(field.count, "element").to_string()
    } else {
        format!("{}{}", percent(field.count, field.of), bar(field.count, field.of))
    };
    format!(
        "<tr><td><code>{}</code><td class=\"t side\">{present}<td>{}<td class=\"n side\" data-label=\"different\">{}\
         <td class=\"all\">{}</tr>\n",
        escaped(&field.place()),
        field.types.words(),
        field.different(),
        values(field)
    )
}

fn values(field: &FieldReport) -> String {
    let scalars = field.scalars();
    if !field.values.is_empty() {
        let values = field.values.iter().map(|value| {
            let at_least = if value.at_least { "≥" } else { "" };
            let (bar, share) = (bar(value.count, scalars), percent(value.count, scalars));
            format!("<li><code>{}</code>{bar}<span class=\"n\">{at_least}{share}</span></li>", escaped(&value.value))
        });
        return format!("<ul class=\"values\">{}</ul>", values.collect::<String>());
    }
    match (&field.range, &field.example) {
        (Some((least, most)), _) => format!("<code>{}</code> to <code>{}</code>", escaped(least), escaped(most)),
        (None, Some(example)) => format!("<span class=\"quiet\">such as</span> <code>{}</code>", escaped(example)),
        (None, None) => String::new(),
    }
}

fn bar(count: u64, of: u64) -> String {
    let percent = u64::try_from(u128::from(count) * 100 / u128::from(of.max(1))).unwrap_or(100).min(100);
    format!("<span class=\"bar\"><i style=\"width:{percent}%\"></i></span>")
}

/// Text as it stands in HTML, in an attribute too.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
        out
    })
}
