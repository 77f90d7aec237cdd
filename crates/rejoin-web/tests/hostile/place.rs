//! A case of a few people in a temporary directory, served on a free port.

use crate::http::{Answer, Line, csrf_of, form};
use rejoin_access::Purpose;
use rejoin_accounts::Password;
use rejoin_accounts::password::Cost;
use rejoin_casework::Fact;
use rejoin_ingest::presets;
use rejoin_model::PersonId;
use rejoin_registry::{
    Case, Extent, Given, ImportRequest, NewAccount, ROLES, ReceiptRequest, Seat, Settings, Stamp,
    TokenRequest,
};
use rejoin_web::{Options, Server};
use std::collections::BTreeSet;
use std::net::SocketAddr;

pub const PASSWORD: &str = "the mule crossed four rivers";
const DAY: i64 = 86_400_000_000;

const ORGANISATIONS: &str = "[[organisation]]\nid = \"children-services\"\nname = \"Shelters\"\nlists = [\"shelter-portal\"]\n\
    [[organisation]]\nid = \"border\"\nname = \"Border\"\nlists = [\"border-apprehensions\"]\n";

const BORDER: &str = "Civ ID,A-Number,Family Unit Group#,First Name,Last Name,Gender,BIRTH_DATE,CITIZENSHIP,Apprehension Date,Station\n\
    1,A200000001,FMU1,ROSA MARIA,SOTO PAZ,F,4/12/1989,HONDURAS,5/12/2018,McAllen\n\
    2,A200000002,FMU1,LUIS MATEO,CRUZ SOTO,M,3/2/2015,HONDURAS,5/12/2018,McAllen\n\
    3,A200000003,FMU2,CARMEN,IXCOY RAMOS,F,9/30/1991,GUATEMALA,5/14/2018,El Paso\n\
    4,A200000004,FMU2,DIEGO,TZUL IXCOY,M,7/21/2012,GUATEMALA,5/14/2018,El Paso\n";

const SHELTER: &str = "uac_program_id,A Number,first_name,last_name,gender,dob,COO,Date Apprehended,Admission Date,program_name\n\
    S1,A200000002,LUIS MATEO,CRUZ SOTO,Male,3/2/2015,Honduras,5/12/2018,5/20/2018,Casa Uno\n\
    S2,A200000004,DIEGO,TZUL IXCOY,Male,7/21/2012,Guatemala,5/14/2018,5/22/2018,Casa Dos\n\
    S3,A200000009,MARISOL,QUIEJ CHOC,Female,1/9/2011,Guatemala,5/2/2018,5/9/2018,Casa Tres\n";

/// Accounts: name, organisation, roles.
const ACCOUNTS: [(&str, &str, &[&str]); 10] = [
    ("lucia", "children-services", &["case-worker"]),
    ("marta", "children-services", &["verifier"]),
    ("diego", "children-services", &["shelter-staff"]),
    ("bruno", "border", &["shelter-staff"]),
    ("sofia", "registry", &["supervisor"]),
    ("ana", "registry", &["custodian"]),
    ("berta", "registry", &["custodian"]),
    ("ines", "registry", &["inspector"]),
    ("omar", "registry", &["journalist"]),
    ("admin", "registry", &["administrator"]),
];

#[allow(clippy::disallowed_methods, reason = "the server has the real clock, and what it is given must fit")]
pub fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_micros()).unwrap()
}

pub struct Place {
    pub directory: tempfile::TempDir,
    pub case: Case,
    pub at: SocketAddr,
    /// A child of a family, its adult, and a child that only the shelter knows.
    pub child: PersonId,
    pub adult: PersonId,
    pub alone: PersonId,
    /// The code of a card of the child.
    pub card: String,
    origin: Option<&'static str>,
}

/// Somebody signed in at a browser.
pub struct Session<'a> {
    place: &'a Place,
    pub token: String,
    pub csrf: String,
    pub purpose: &'static str,
}

fn stamp() -> Stamp {
    Stamp { at_micros: now(), actor: "operator".into() }
}

pub fn import(case: &mut Case, preset: &str, text: &str) {
    let request = ImportRequest {
        name: "list.csv",
        bytes: text.as_bytes(),
        mapping: presets::named(preset),
        extent: Extent::Part,
    };
    case.import(&request, &stamp(), &|_, _, _| {}).unwrap();
}

impl Place {
    pub fn new() -> Self {
        Self::reached(None)
    }

    /// Reached by a public address, through a proxy, or on this machine.
    pub fn reached(origin: Option<&'static str>) -> Self {
        Self::made(origin, None)
    }

    /// Where whoever asks for what is not there may go on asking: for tests of what is answered, which otherwise would see
    /// nothing but that it was too often.
    pub fn patient() -> Self {
        Self::missing(1, 100_000)
    }

    /// Where so many misses, of ids and of codes, are let through at once, and then one every so many seconds.
    pub fn missing(seconds: u32, burst: u32) -> Self {
        let row = |name: &str| format!("[{name}]\nseconds = {seconds}\nburst = {burst}\n");
        Self::made(None, Some(&(row("misses") + &row("codes"))))
    }

    fn made(origin: Option<&'static str>, limits: Option<&str>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("case");
        let cheap = Cost { memory_kib: 8, passes: 1, lanes: 1 };
        let settings = Settings { password_cost: Some(cheap), ..Settings::default() };
        let mut case = Case::init_with(&path, &settings, &stamp()).unwrap();
        std::fs::write(path.join("organisations.toml"), ORGANISATIONS).unwrap();
        let roles = ROLES.lines().filter(|line| !line.starts_with("sign_in"));
        let roles: String = roles
            .map(|line| match line.starts_with("id = ") {
                true => format!("{line}\nsign_in = \"password\"\n"),
                false => format!("{line}\n"),
            })
            .collect();
        std::fs::write(path.join("roles.toml"), roles).unwrap();
        if let Some(limits) = limits {
            std::fs::write(path.join("limits.toml"), limits).unwrap();
        }
        std::fs::write(path.join("receipt.toml"), "organisation = \"Registry\"\nphone = \"+1 555 0100\"\n")
            .unwrap();
        import(&mut case, "border-apprehensions", BORDER);
        import(&mut case, "shelter-portal", SHELTER);
        case.link(&stamp(), &|_, _, _| {}).unwrap();
        case.families(&stamp(), &|_, _, _| {}).unwrap();
        let operator = case.operator("operator").unwrap();
        for (name, organisation, roles) in ACCOUNTS {
            let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
            let new = NewAccount { name, display_name: name, organisation, language: None, roles: &roles };
            let (_, code) = case.create_account(&operator, &new, &stamp()).unwrap();
            case.accept_invitation(name, code.reveal(), &Password::new(PASSWORD), name, now()).unwrap();
        }
        let named = |number: &str| {
            let seat = Seat { actor: operator.clone(), purpose: Purpose::DataQuality, at_micros: now() };
            let view = case.desk(seat).unwrap().view(None).unwrap();
            let of = view
                .records
                .iter()
                .find(|record| record.values.iter().any(|(_, value)| format!("{value:?}").contains(number)));
            view.person_of[&of.unwrap().id]
        };
        let [child, adult, alone] = ["200000002", "200000001", "200000009"].map(named);
        let supervisor = case.account("sofia").unwrap().unwrap();
        let actor = case.actor_of(&supervisor, BTreeSet::new()).unwrap();
        let seat = Seat { actor, purpose: Purpose::ChildCare, at_micros: now() };
        for person in [child, adult] {
            let assigned =
                Fact::Assigned { to: "team:children-services".into(), from: now() - DAY, until: None };
            let desk = case.desk(seat.clone()).unwrap();
            desk.command(&person.to_string(), &[assigned], &Given::default()).unwrap();
        }
        let contact = case.receipt_contact().unwrap();
        let request = ReceiptRequest { id: child.to_string(), contact, initials: false };
        let card = case.issue_receipt(&request, &stamp()).unwrap().code;
        // Under a public name the server does not say at which port it listens.
        let at = match origin {
            Some(_) => free_port(),
            None => SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let options = Options { at, public: origin.map(str::to_owned), handles: 2, demo: false };
        let server = Server::new(case.another().unwrap(), options).unwrap();
        let port = server.address().rsplit(':').next().and_then(|port| port.parse().ok());
        let at = SocketAddr::new(at.ip(), port.unwrap_or(at.port()));
        std::thread::spawn(move || server.serve(std::future::pending()));
        Self { directory, case, at, child, adult, alone, card, origin }
    }

    /// The name under which it is reached.
    pub fn host(&self) -> String {
        match self.origin {
            Some(origin) => origin.trim_start_matches("https://").to_owned(),
            None => self.at.to_string(),
        }
    }

    pub fn origin(&self) -> String {
        self.origin.map_or_else(|| format!("http://{}", self.at), str::to_owned)
    }

    /// Sends a request with these lines of a head, and a body.
    pub fn send(&self, first: &str, heads: &[&str], body: &[u8]) -> Answer {
        self.try_send(first, heads, body).unwrap_or_else(|error| panic!("{first}: {error}"))
    }

    pub fn try_send(&self, first: &str, heads: &[&str], body: &[u8]) -> std::io::Result<Answer> {
        let mut request = format!("{first} HTTP/1.1\r\nconnection: close\r\n").into_bytes();
        for head in heads {
            request.extend(head.as_bytes());
            request.extend(b"\r\n");
        }
        if !body.is_empty() || first.starts_with("POST") {
            request.extend(format!("content-length: {}\r\n", body.len()).as_bytes());
        }
        request.extend(b"\r\n");
        request.extend(body);
        Line::open(self.at)?.ask(&request)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path}"), &[&format!("host: {}", self.host())], b"")
    }

    /// A form as one of our pages sends it.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let (host, origin) = (format!("host: {}", self.host()), format!("origin: {}", self.origin()));
        let heads: [&str; 3] = [&host, &origin, "content-type: application/x-www-form-urlencoded"];
        self.send(&format!("POST {path}"), &heads, form(fields).as_bytes())
    }

    pub fn cookie_name(&self) -> &'static str {
        if self.origin.is_some() { "__Host-rejoin" } else { "rejoin" }
    }

    pub fn enter(&self, name: &str) -> Session<'_> {
        let entered = self.post("/sign-in", &[("name", name), ("password", PASSWORD)]);
        assert_eq!(entered.status, 303, "{name}: {}", entered.text());
        let token = entered.cookie(self.cookie_name()).unwrap();
        let mut session = Session { place: self, token, csrf: String::new(), purpose: "" };
        let page = session.get("/account").text();
        session.csrf = csrf_of(&page).unwrap_or_else(|| panic!("{name} has no form: {page}")).to_owned();
        session
    }

    /// A token of an account for programs.
    pub fn token(&self, name: &str, allows: &[&str]) -> String {
        let operator = self.case.operator("operator").unwrap();
        let allows: Vec<String> = allows.iter().map(|word| (*word).to_owned()).collect();
        let request = TokenRequest { label: "test", allows: &allows, organisation: None, lifetime: DAY };
        self.case.issue_token(&operator, name, &request, &stamp()).unwrap().0.reveal().to_owned()
    }

    /// How many events the ledger has.
    pub fn events(&self) -> u64 {
        self.case.checkpoint().unwrap().size
    }

    /// How many refusals are on record.
    pub fn refusals(&self) -> usize {
        let mut out = Vec::new();
        self.case.another().unwrap().export_ledger(&mut out, &stamp()).unwrap();
        String::from_utf8_lossy(&out).matches("access-refused").count()
    }
}

/// A port that was free just now.
fn free_port() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

impl Session<'_> {
    pub fn looking(mut self, purpose: &'static str) -> Self {
        self.purpose = purpose;
        self
    }

    pub fn cookies(&self) -> String {
        format!("cookie: {}={}; purpose={}", self.place.cookie_name(), self.token, self.purpose)
    }

    pub fn get(&self, path: &str) -> Answer {
        let host = format!("host: {}", self.place.host());
        self.place.send(&format!("GET {path}"), &[&host, &self.cookies()], b"")
    }

    /// A form with the session's token in it.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = vec![("csrf", self.csrf.as_str())];
        all.extend(fields);
        self.post_as(path, "application/x-www-form-urlencoded", form(&all).as_bytes())
    }

    /// A body of any type.
    pub fn post_as(&self, path: &str, kind: &str, body: &[u8]) -> Answer {
        let host = format!("host: {}", self.place.host());
        let origin = format!("origin: {}", self.place.origin());
        let kind = format!("content-type: {kind}");
        self.place.send(&format!("POST {path}"), &[&host, &origin, &self.cookies(), &kind], body)
    }

    /// Sends a file as the page of lists does.
    pub fn upload(&self, name: &str, bytes: &[u8]) -> Answer {
        let mut body = format!(
            "--x\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n--x\r\n\
             content-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             content-type: text/csv\r\n\r\n",
            self.csrf
        )
        .into_bytes();
        body.extend(bytes);
        body.extend(b"\r\n--x--\r\n");
        self.post_as("/lists/new", "multipart/form-data; boundary=x", &body)
    }
}
