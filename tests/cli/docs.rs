//! The pages of the documentation that are made of what the program prints, and that they are as it prints them now.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::clickscope;

/// Holds a page to what is generated for it; with `INSTA_UPDATE=always` it is written.
fn assert_page(below: &str, page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(below);
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        fs::write(&path, page).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), page, "write it with INSTA_UPDATE=always");
}

fn printed(arguments: &[&str]) -> String {
    let output = clickscope(arguments).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

const RULES: &str = "# Rules

What `clickscope lint`, the screen and the composer look for. `clickscope explain RULE` says the same in the terminal, and which
senders it is typical of. A severity is set with `-W`, `-A` or `-D RULE[@TYPE]`, or in the config file:

```toml
[lint]
event-name-case = \"note\"        # allow, note, warning or error
[lint.purchase]
order-twice = \"allow\"
```
";

#[test]
fn the_page_of_the_rules_has_each_as_the_program_knows_it() {
    let rules: Vec<Value> =
        printed(&["rules", "--json"]).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let text = |rule: &Value, name: &str| rule[name].as_str().unwrap_or_default().to_owned();
    let mut page = RULES.to_owned() + "\n| rule | severity | what is wrong |\n|---|---|---|\n";
    for rule in &rules {
        let [id, severity, title] = ["id", "severity", "title"].map(|name| text(rule, name));
        writeln!(page, "| [`{id}`](#{id}) | {severity} | {title} |").unwrap();
    }
    for rule in &rules {
        let [id, severity, title, why, bad, good, documentation] =
            ["id", "severity", "title", "why", "bad", "good", "documentation"].map(|name| text(rule, name));
        write!(page, "\n## {id}\n\n{severity}: {title}. {why}").unwrap();
        if !documentation.is_empty() {
            write!(page, " [Documentation]({documentation})").unwrap();
        }
        write!(page, "\n\n```jsonl\n{}\n```\n\nBetter:\n\n```jsonl\n{}\n```\n", bad.trim(), good.trim()).unwrap();
    }
    assert_page("docs/rules.md", &page);
}

const RECORDS: &str = "# Records

One line of JSON each, of `watch --json`, of `send --json` and of a tape: one thing that happened. A newer version may add fields
and kinds; pass over what you do not know. `clickscope watch --print-schema` prints the JSON Schema that this page is made of.
Each record also has `record`, its kind, and `observed_at`, when it happened; a time is one in UTC, to the millisecond.
";

#[test]
fn the_page_of_the_records_has_each_as_the_schema_has_it() {
    let schema: Value = serde_json::from_str(&printed(&["watch", "--print-schema"])).unwrap();
    let mut page = RECORDS.to_owned();
    let kinds: Vec<&str> = schema["oneOf"].as_array().unwrap().iter().filter_map(name_of_reference).collect();
    let definitions = schema["$defs"].as_object().unwrap();
    let parts = definitions.iter().filter(|(name, part)| !kinds.contains(&&***name) && part["type"] == "object");
    let parts: Vec<&str> = parts.map(|(name, _)| &**name).collect();
    for name in kinds.iter().chain(&parts) {
        let record = &definitions[*name];
        let about = record["description"].as_str().unwrap_or("Part of a record.");
        write!(page, "\n## {name}\n\n{about}\n\n| field | form | what it says |\n|---|---|---|\n").unwrap();
        let shared = name_of_reference(record).and_then(|name| definitions.get(name));
        for part in shared.into_iter().chain([record]) {
            let required: Vec<&str> =
                part["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            for (field, value) in part["properties"].as_object().into_iter().flatten() {
                let about = value["description"].as_str().unwrap_or_default();
                if field == "record" || field == "observed_at" && about.is_empty() {
                    continue;
                }
                let optional = if required.contains(&&**field) || field == "observed_at" { "" } else { ", optional" };
                let form = if field == "observed_at" { "time".to_owned() } else { form(value, &schema) };
                writeln!(page, "| `{field}` | {form}{optional} | {about} |").unwrap();
            }
        }
    }
    assert_page("docs/records.md", &page);
}

/// The definition that a schema refers to.
fn name_of_reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/")
}

/// What a value looks like, in a few words.
fn form(value: &Value, schema: &Value) -> String {
    if let Some(name) = name_of_reference(value) {
        let referred = &schema["$defs"][name];
        return match name {
            "time" => name.to_owned(),
            _ if referred["type"] == "object" => format!("[{name}](#{name})"),
            _ => form(referred, schema),
        };
    }
    if let Some(words) = value["enum"].as_array() {
        return words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    }
    match (&value["const"], &value["type"]) {
        (Value::Null, Value::String(name)) if name == "array" => format!("list of {}", form(&value["items"], schema)),
        (Value::Null, Value::String(name)) => name.clone(),
        (Value::Null, Value::Array(names)) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        (Value::Null, _) => "any".to_owned(),
        (only, _) => format!("`{only}`"),
    }
}
