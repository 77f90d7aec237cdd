//! The description of the interface, in OpenAPI 3.1: made of one table, so that it says what there is.

use serde_json::{Map, Value, json};

/// A parameter in the address: name, what it is, its type, whether it must be.
type Parameter = (&'static str, &'static str, &'static str, bool);

/// One operation.
pub struct Operation {
    /// `get` or `post`.
    pub method: &'static str,
    /// Its path, with names in braces.
    pub path: &'static str,
    about: &'static str,
    parameters: &'static [Parameter],
    /// Fields of the body: name, type, whether it must be.
    body: &'static [(&'static str, &'static str, bool)],
    /// The fields of the answer.
    answer: &'static [(&'static str, &'static str)],
    /// Whether it answers without a token.
    open: bool,
}

const PAGE: [Parameter; 2] =
    [("from", "first row, from 0", "integer", false), ("rows", "rows, at most 200", "integer", false)];

/// Every operation.
pub const OPERATIONS: &[Operation] = &[
    Operation {
        method: "get",
        path: "/api/v1/openapi.json",
        about: "This description.",
        parameters: &[],
        body: &[],
        answer: &[("openapi", "string"), ("paths", "object")],
        open: true,
    },
    Operation {
        method: "get",
        path: "/api/v1/work",
        about: "What is to be done, the most urgent first.",
        parameters: &[
            PAGE[0],
            PAGE[1],
            ("whose", "all, mine, teams or nobody", "string", false),
            ("list", "the word of a list", "string", false),
        ],
        body: &[],
        answer: &[("total", "integer"), ("rows", "array")],
        open: false,
    },
    Operation {
        method: "get",
        path: "/api/v1/search",
        about: "People by name, birth date, number or code; never by place alone.",
        parameters: &[
            PAGE[0],
            PAGE[1],
            ("name", "a name as it was heard", "string", false),
            ("given", "given names", "string", false),
            ("surnames", "surnames", "string", false),
            ("birth_date", "a day, month or year", "string", false),
            ("age", "about", "integer", false),
            ("within", "years more or less", "integer", false),
            ("sex", "F or M", "string", false),
            ("country", "name or code", "string", false),
            ("number", "a number given by an agency", "string", false),
            ("code", "the code of a card, or an id", "string", false),
            ("place", "narrows only", "string", false),
        ],
        body: &[],
        answer: &[("total", "integer"), ("more", "boolean"), ("hits", "array")],
        open: false,
    },
    Operation {
        method: "get",
        path: "/api/v1/people/{id}",
        about: "What is on file of one person, as far as it may be seen.",
        parameters: &[],
        body: &[],
        answer: &[("person", "string"), ("records", "array"), ("candidates", "array")],
        open: false,
    },
    Operation {
        method: "post",
        path: "/api/v1/people/{id}/facts",
        about: "Puts a fact on record in a child's file: kinds and fields as `rejoin casework kinds` lists them.",
        parameters: &[],
        body: &[
            ("kind", "string", true),
            ("fields", "object", true),
            ("expected", "integer", false),
            ("key", "string", false),
        ],
        answer: &[("first", "integer"), ("last", "integer"), ("before", "boolean")],
        open: false,
    },
    Operation {
        method: "get",
        path: "/api/v1/matches",
        about: "Proposed families.",
        parameters: &[
            PAGE[0],
            PAGE[1],
            ("state", "open, needs-evidence, accepted, rejected or all", "string", false),
        ],
        body: &[],
        answer: &[("total", "integer"), ("rows", "array")],
        open: false,
    },
    Operation {
        method: "post",
        path: "/api/v1/matches/{child}/{other}/decisions",
        about: "Decides on a proposed family. A person answers for it: the token's owner.",
        parameters: &[],
        body: &[("verdict", "string", true), ("reason", "string", true), ("relation", "string", false)],
        answer: &[("event", "integer")],
        open: false,
    },
    Operation {
        method: "get",
        path: "/api/v1/measures",
        about: "What can be asked, with definitions.",
        parameters: &[],
        body: &[],
        answer: &[("measures", "array")],
        open: false,
    },
    Operation {
        method: "get",
        path: "/api/v1/measures/{name}",
        about: "The answer of a measure; `null` is a suppressed cell.",
        parameters: &[
            ("on", "a day", "string", false),
            ("from", "first day", "string", false),
            ("to", "last day", "string", false),
            ("id", "a clock or scenario", "string", false),
            ("by", "groups, parted by commas", "string", false),
            ("where", "group=value", "string", false),
        ],
        body: &[],
        answer: &[
            ("measure", "string"),
            ("version", "integer"),
            ("breakdown", "array"),
            ("checkpoint", "string"),
        ],
        open: false,
    },
    Operation {
        method: "get",
        path: "/api/v1/ledger",
        about: "Where the ledger stands, its public key, and the last signed checkpoint.",
        parameters: &[],
        body: &[],
        answer: &[("events", "integer"), ("checkpoint", "string"), ("key", "string")],
        open: false,
    },
];

fn parameters(operation: &Operation) -> Vec<Value> {
    let in_path = operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut all: Vec<Value> = in_path
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect();
    all.extend(operation.parameters.iter().map(|(name, about, of, required)| {
        json!({"name": name, "in": "query", "description": about, "required": required, "schema": {"type": of}})
    }));
    if !operation.open {
        let purposes: Vec<&str> = rejoin_access::Purpose::ALL.iter().map(|purpose| purpose.word()).collect();
        all.push(json!({
            "name": "rejoin-purpose", "in": "header", "required": false,
            "description": "for what the data is looked at; statistics when not said",
            "schema": {"type": "string", "enum": purposes},
        }));
    }
    all
}

/// The description, of a server at an address.
pub fn document(origin: &str) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in OPERATIONS {
        let object = |fields: &[(&str, &str)], needed: Vec<&str>| {
            let properties: Map<String, Value> =
                fields.iter().map(|(name, of)| ((*name).to_owned(), json!({"type": of}))).collect();
            json!({"type": "object", "properties": properties, "required": needed})
        };
        let status = if operation.method == "post" { "201" } else { "200" };
        let all = operation.answer.iter().map(|(name, _)| *name).collect();
        let mut responses = Map::new();
        let json_of = |schema: Value| json!({"application/json": {"schema": schema}});
        responses.insert(
            status.into(),
            json!({"description": "done", "content": json_of(object(operation.answer, all))}),
        );
        let problem = object(
            &[("error", "string"), ("words", "string"), ("hint", "string")],
            vec!["error", "words", "hint"],
        );
        let codes = if operation.open { "" } else { "400 401 403 404 409 413 422 429" };
        for code in codes.split_whitespace() {
            let content = json_of(problem.clone());
            responses.insert(code.into(), json!({"description": "not done", "content": content}));
        }
        let mut described = json!({
            "summary": operation.about,
            "parameters": parameters(operation),
            "responses": responses,
            "security": if operation.open { json!([]) } else { json!([{"token": []}]) },
        });
        if !operation.body.is_empty() {
            let fields: Vec<(&str, &str)> = operation.body.iter().map(|(name, of, _)| (*name, *of)).collect();
            let needed =
                operation.body.iter().filter(|(_, _, must)| *must).map(|(name, _, _)| *name).collect();
            described["requestBody"] = json!({"required": true, "content": json_of(object(&fields, needed))});
        }
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method] = described;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Rejoin",
            "version": "1",
            "description": "The registry's results for programs. Serves reunification; enforcement is refused.",
        },
        "servers": [{"url": origin}],
        "paths": paths,
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    })
}
