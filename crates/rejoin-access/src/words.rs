//! The vocabulary of access: purposes, groups of fields, actions, levels, scopes. Each is one table of stable words
//! with what a person reads in English and Spanish, so that roles can be data and a refusal can be read by anybody.

use rejoin_model::Field;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $word:literal $en:literal / $es:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = $en] $variant,)*
        }

        impl $name {
            /// Every one, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The stable word: written in role files and in the ledger.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }

            /// The one of a word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.word() == word)
            }

            /// What a person reads, in English and in Spanish.
            pub fn label(self) -> (&'static str, &'static str) {
                match self { $($name::$variant => ($en, $es),)* }
            }
        }
    };
}

words! {
    /// What somebody wants to see data for. Data given for one purpose is not there for another.
    Purpose {
        FamilyTracing "family-tracing" "tracing of family members" / "búsqueda de familiares",
        ChildCare "child-care" "protection and daily care of the child" / "protección y cuidado diario del menor",
        Verification "verification" "verification of a relationship" / "verificación de un parentesco",
        Reunification "reunification" "reunification" / "reunificación",
        LegalRepresentation "legal-representation" "legal representation" / "representación legal",
        Court "court" "court proceedings on the separation" / "proceso judicial sobre la separación",
        Oversight "oversight" "inspection and oversight" / "inspección y supervisión",
        Statistics "statistics" "statistics" / "estadística",
        DataQuality "data-quality" "quality of the data" / "calidad de los datos",
        Administration "administration" "administration of accounts and the machine" / "administración de cuentas y del sistema",
        OwnFile "own-file" "one's own file" / "el propio expediente",
        Enforcement "enforcement" "arrest, removal or immigration control" / "detención, expulsión o control migratorio",
    }
}

words! {
    /// Fields that are disclosed together.
    FieldGroup {
        IdentityNumbers "identity-numbers" "numbers given by agencies" / "números asignados por las agencias",
        Names "names" "names" / "nombres",
        BirthAndAge "birth-and-age" "birth date and age" / "fecha de nacimiento y edad",
        Origin "origin" "sex, country, birthplace and language" / "sexo, país, lugar de nacimiento e idioma",
        Contact "contact" "telephone and address" / "teléfono y domicilio",
        Family "family" "family members as stated" / "familiares declarados",
        Whereabouts "whereabouts" "present and past places of custody" / "lugares de custodia presentes y pasados",
        CustodyDates "custody-dates" "dates and outcome of custody" / "fechas y resultado de la custodia",
        Prosecution "prosecution" "prosecution" / "proceso penal",
        Separation "separation" "the separation" / "la separación",
        Notes "notes" "protection concerns and notes" / "motivos de protección y notas",
        Dna "dna" "DNA results" / "resultados de ADN",
        Evidence "evidence" "evidence of links and candidates" / "indicios de vínculos y candidatos",
        Casework "casework" "casework: states, assignments, deadlines" / "gestión del caso: estados, asignaciones, plazos",
        Readers "readers" "who has read the file" / "quién ha leído el expediente",
    }
}

words! {
    /// What a role lets somebody do.
    Action {
        Import "import" "deliver lists" / "entregar listas",
        OpenRequest "open-request" "open a tracing request" / "abrir una solicitud de búsqueda",
        Link "link" "run the linking of records" / "ejecutar la vinculación de registros",
        DecideMatch "decide-match" "decide on a candidate" / "decidir sobre un candidato",
        Verify "verify" "conduct a verification" / "realizar una verificación",
        Sign "sign" "sign a verification" / "firmar una verificación",
        ClearConsent "clear-consent" "record consent and clear the best-interests gate" / "registrar el consentimiento y el interés superior",
        PlanReunification "plan-reunification" "plan a reunification" / "planificar una reunificación",
        HandOver "hand-over" "hand a child over, or receive one" / "entregar o recibir a un menor",
        FollowUp "follow-up" "record a follow-up" / "registrar un seguimiento",
        Close "close" "ask for closure" / "solicitar el cierre",
        ApproveClosure "approve-closure" "approve closure" / "aprobar el cierre",
        Reopen "reopen" "reopen a closed case" / "reabrir un caso cerrado",
        Assign "assign" "assign cases" / "asignar casos",
        Note "note" "write notes and attach documents" / "escribir notas y adjuntar documentos",
        RecordContact "record-contact" "record an attempt at contact" / "registrar un intento de contacto",
        PlaceDoNotDisclose "place-do-not-disclose" "place a do-not-disclose rule" / "imponer una regla de no divulgación",
        LiftDoNotDisclose "lift-do-not-disclose" "lift a do-not-disclose rule" / "levantar una regla de no divulgación",
        BreakGlass "break-glass" "open emergency access" / "abrir un acceso de emergencia",
        ReviewEmergency "review-emergency" "review emergency access" / "revisar un acceso de emergencia",
        Export "export" "export lists" / "exportar listas",
        IssueReceipt "issue-receipt" "issue a family's receipt" / "emitir el comprobante de la familia",
        IssueReport "issue-report" "issue a report" / "emitir un informe",
        Count "count" "ask for statistics" / "pedir estadísticas",
        ReadAudit "read-audit" "read the log of reads" / "leer el registro de lecturas",
        Erase "erase" "erase personal data" / "borrar datos personales",
        Hold "hold" "place or lift a legal hold" / "imponer o levantar una retención legal",
        Dispute "dispute" "dispute what a file says" / "impugnar lo que dice un expediente",
        ManageAccounts "manage-accounts" "manage accounts" / "administrar cuentas",
        Operate "operate" "operate the machine and its keys" / "operar el sistema y sus claves",
    }
}

words! {
    /// How much of a group a grant gives.
    Level {
        Reduce "reduce" "reduced" / "reducido",
        Allow "allow" "in full" / "completo",
    }
}

words! {
    /// Whose data a grant reaches.
    Scope {
        Own "own" "one's own file" / "el propio expediente",
        Assigned "assigned" "people assigned to the account or its team" / "personas asignadas a la cuenta o su equipo",
        Organisation "organisation" "people whom the organisation, or one below it, contributed or holds" / "personas que la organización, o una inferior, aportó o custodia",
        All "all" "everybody" / "todas las personas",
    }
}

words! {
    /// What kind of place somebody is or was at: all that a reduced place tells.
    PlaceKind {
        Border "border-station" "a border station" / "un puesto fronterizo",
        Court "court" "a court" / "un tribunal",
        Detention "adult-detention" "a detention facility for adults" / "un centro de detención de adultos",
        Shelter "shelter" "a shelter" / "un albergue",
        Elsewhere "place" "a place" / "un lugar",
    }
}

impl Action {
    /// Whether it is done to one person's file: it then needs that person's facts, and a scope that reaches them.
    pub fn concerns_a_subject(self) -> bool {
        match self {
            Action::Import
            | Action::OpenRequest
            | Action::Link
            | Action::Export
            | Action::IssueReport
            | Action::Count
            | Action::ReadAudit
            | Action::ReviewEmergency
            // A rule is lifted by its id: whom it protects may be hidden from everybody.
            | Action::LiftDoNotDisclose
            | Action::ManageAccounts
            | Action::Operate => false,
            Action::DecideMatch
            | Action::Verify
            | Action::Sign
            | Action::ClearConsent
            | Action::PlanReunification
            | Action::HandOver
            | Action::FollowUp
            | Action::Close
            | Action::ApproveClosure
            | Action::Reopen
            | Action::Assign
            | Action::Note
            | Action::RecordContact
            | Action::PlaceDoNotDisclose
            | Action::BreakGlass
            | Action::IssueReceipt
            | Action::Erase
            | Action::Hold
            | Action::Dispute => true,
        }
    }
}

impl FieldGroup {
    /// What child care cannot wait for: the only groups that emergency access opens.
    pub const EMERGENCY: &'static [FieldGroup] = &[
        FieldGroup::Names,
        FieldGroup::BirthAndAge,
        FieldGroup::Origin,
        FieldGroup::Contact,
        FieldGroup::Family,
        FieldGroup::Whereabouts,
        FieldGroup::CustodyDates,
        FieldGroup::Notes,
        FieldGroup::Casework,
    ];

    /// What a verified counterpart learns of a child under the purpose "own file": where it is, and that it is the
    /// right child. The rest of the child's file is the child's.
    pub const COUNTERPART: &'static [FieldGroup] =
        &[FieldGroup::Names, FieldGroup::BirthAndAge, FieldGroup::Whereabouts];

    /// What may be counted by. Nothing here tells one person from another.
    pub const COUNTABLE: &'static [FieldGroup] = &[
        FieldGroup::BirthAndAge,
        FieldGroup::Origin,
        FieldGroup::Family,
        FieldGroup::Whereabouts,
        FieldGroup::CustodyDates,
        FieldGroup::Prosecution,
        FieldGroup::Separation,
        FieldGroup::Casework,
    ];

    /// The group of a field. A field added to the vocabulary does not compile until somebody says here who sees it.
    pub fn of(field: Field) -> Self {
        match field {
            Field::RecordNumber
            | Field::AlienNumber
            | Field::AgencyPersonNumber
            | Field::CaseNumber
            | Field::ChildAlienNumber => FieldGroup::IdentityNumbers,
            Field::FullName
            | Field::GivenNames
            | Field::Surnames
            | Field::FirstSurname
            | Field::SecondSurname
            | Field::AlsoKnownAs => FieldGroup::Names,
            Field::BirthDate | Field::Age => FieldGroup::BirthAndAge,
            Field::Sex | Field::Country | Field::Birthplace | Field::Language => FieldGroup::Origin,
            Field::Phone | Field::Address => FieldGroup::Contact,
            Field::FamilyUnitNumber
            | Field::MotherName
            | Field::FatherName
            | Field::ChildName
            | Field::ChildAge
            | Field::ChildBirthDate
            | Field::ChildSex
            | Field::Relation
            | Field::FamilyStatus => FieldGroup::Family,
            Field::Station | Field::Sector | Field::Facility | Field::Office | Field::RemovalCountry => {
                FieldGroup::Whereabouts
            }
            Field::Apprehended
            | Field::ApprehendedTime
            | Field::Transferred
            | Field::Referred
            | Field::Placed
            | Field::Discharged
            | Field::Outcome
            | Field::Status
            | Field::Released
            | Field::BookIn
            | Field::BookOut
            | Field::ReleaseReason
            | Field::Removed
            | Field::RequestReceived => FieldGroup::CustodyDates,
            Field::ReferredForProsecution
            | Field::District
            | Field::Charge
            | Field::Decision
            | Field::DecisionReason
            | Field::CourtDate
            | Field::Sentence => FieldGroup::Prosecution,
            Field::SeparationReason | Field::SeparatedOn | Field::SeparatedPlace => FieldGroup::Separation,
            Field::Note => FieldGroup::Notes,
        }
    }
}
