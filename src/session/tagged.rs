use serde::Serialize;

/// The JSON of a record of that kind.
pub(super) fn tagged(record: &'static str, what: &impl Serialize) -> String {
    #[derive(Serialize)]
    struct RecordLine<'r, T> {
        record: &'static str,
        #[serde(flatten)]
        what: &'r T,
    }
    // Every name in it is a text, and every event is JSON: it can be written.
    serde_json::to_string(&RecordLine { record, what }).unwrap_or_default()
}
