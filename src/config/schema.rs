use serde_json::{Map, Value, json};

use super::fields::{self, Field, Kind};

/// The JSON Schema of a config file, for editors.
pub fn schema() -> Value {
    let mut schema = object(&fields::TOP);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        schema.insert("title".to_owned(), json!("clickscope: config.toml and .clickscope.toml"));
    }
    schema
}

fn object(fields: &[Field]) -> Value {
    let properties: Map<String, Value> = fields.iter().map(|field| (field.name.to_owned(), property(field))).collect();
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

fn property(field: &Field) -> Value {
    let level = json!({"enum": ["allow", "note", "warning", "error"]});
    let mut property = match field.kind {
        Kind::Text if field.name.ends_with("_key") => json!({"type": "string", "pattern": "^[A-Z_][A-Z0-9_]*$"}),
        Kind::Text => json!({"type": "string"}),
        Kind::OneOf(words) => json!({"enum": words}),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Texts => json!({"type": "array", "items": {"type": "string"}}),
        Kind::Profiles => json!({"type": "object", "additionalProperties": object(&fields::PROFILE)}),
        Kind::Keys => json!({
            "type": "object",
            "additionalProperties": {
                "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
            },
        }),
        Kind::Mouse => json!({
            "type": "object",
            "properties": {"capture": {"type": "boolean"}},
            "additionalProperties": false,
        }),
        Kind::Levels => json!({
            "type": "object",
            "properties": {"identifiers": {"type": "array", "items": {"type": "string"}}},
            "additionalProperties": {"anyOf": [&level, {"type": "object", "additionalProperties": &level}]},
        }),
    };
    if let Some(property) = property.as_object_mut() {
        property.insert("description".to_owned(), json!(field.about));
        // What is written for an example is the same in TOML and in JSON.
        if let Ok(example) = serde_json::from_str::<Value>(field.example) {
            property.insert("examples".to_owned(), json!([example]));
        }
    }
    property
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::config::sample::{self, Whose};

    #[test]
    fn the_schema_takes_what_the_program_takes_and_nothing_that_is_misspelled() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let value = |text: &str| serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap();
        for text in [
            sample::everything(),
            sample::sample(Whose::User).to_owned(),
            sample::sample(Whose::Project).to_owned(),
            "[lint]\ndate-format = \"allow\"\nidentifiers = [\"loyalty_id\"]\n[lint.purchase]\ndate-format = \"error\""
                .into(),
        ] {
            let faults: Vec<_> = validator.iter_errors(&value(&text)).map(|fault| fault.to_string()).collect();
            assert!(faults.is_empty(), "{faults:?} in {text}");
        }
        for text in
            ["profil = \"a\"", "[profiles.a]\nregion = \"asia\"", "[profiles.a]\nredact = 1", "[lint]\nx = \"warn\""]
        {
            assert!(!validator.is_valid(&value(text)), "{text}");
        }
    }
}
