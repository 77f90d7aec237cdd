//! The vocabulary of columns: every field that a list may have, in one table.
//!
//! A new field is one row here and, if it needs a new way of reading, one kind in `rejoin-normalize`.

/// How a field's cells are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A whole name.
    Name,
    /// Given names only.
    GivenNames,
    /// Surnames only.
    Surnames,
    /// A date or a time.
    Moment,
    /// A time of day that belongs to the date beside it.
    TimeOfDay,
    /// A sex.
    Sex,
    /// Years.
    Age,
    /// A country.
    Country,
    /// A number or code that names something.
    Identifier,
    /// A telephone number.
    Phone,
    /// A place whose spellings are folded.
    Place,
    /// A coded value.
    Code,
    /// Words.
    Text,
}

macro_rules! fields {
    ($($name:ident $word:literal $kind:ident $meaning:literal,)*) => {
        /// A field of a list.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field {
            $(#[doc = $meaning] $name,)*
        }

        impl Field {
            /// Every field, in order.
            pub const ALL: &'static [Field] = &[$(Field::$name,)*];

            /// The stable word used in mappings.
            pub fn word(self) -> &'static str {
                match self { $(Field::$name => $word,)* }
            }

            /// How its cells are read.
            pub fn kind(self) -> FieldKind {
                match self { $(Field::$name => FieldKind::$kind,)* }
            }

            /// What it means.
            pub fn meaning(self) -> &'static str {
                match self { $(Field::$name => $meaning,)* }
            }
        }
    };
}

fields! {
    RecordNumber "record-number" Identifier "the row's own id at the agency",
    AlienNumber "alien-number" Identifier "the alien (A-) number",
    AgencyPersonNumber "agency-person-number" Identifier "the agency's own number for the person",
    CaseNumber "case-number" Identifier "number of a criminal or request case",
    FamilyUnitNumber "family-unit-number" Identifier "number of the family unit the person was apprehended in",
    FullName "full-name" Name "given names and surnames in one column",
    GivenNames "given-names" GivenNames "given names",
    Surnames "surnames" Surnames "one or two surnames in one column",
    FirstSurname "first-surname" Surnames "first (father's) surname",
    SecondSurname "second-surname" Surnames "second (mother's) surname",
    AlsoKnownAs "also-known-as" Name "another name or spelling",
    Sex "sex" Sex "sex as recorded",
    BirthDate "birth-date" Moment "date of birth, perhaps partial",
    Age "age" Age "age in years, stated or estimated",
    Country "country" Country "country of origin",
    Birthplace "birthplace" Place "municipality or town of origin",
    Language "language" Text "language",
    Phone "phone" Phone "telephone number",
    Address "address" Text "address",
    MotherName "mother-name" Name "the mother's name, as the child gives it",
    FatherName "father-name" Name "the father's name, as the child gives it",
    ChildName "child-name" Name "a child whom the adult names",
    ChildAge "child-age" Age "that child's age",
    ChildBirthDate "child-birth-date" Moment "that child's birth date",
    ChildSex "child-sex" Sex "that child's sex",
    ChildAlienNumber "child-alien-number" Identifier "that child's alien number",
    Relation "relation" Text "what the adult is to the child",
    FamilyStatus "family-status" Code "family unit, unaccompanied child or single adult",
    Apprehended "apprehended" Moment "when apprehended",
    ApprehendedTime "apprehended-time" TimeOfDay "time of day of the apprehension",
    Station "station" Place "where apprehended",
    Sector "sector" Place "border sector",
    Transferred "transferred" Moment "when the person left this agency's custody",
    Referred "referred" Moment "when the child was referred to the shelter agency",
    Placed "placed" Moment "when a shelter took the child",
    Facility "facility" Place "shelter or detention facility",
    Office "office" Place "referring or field office",
    Discharged "discharged" Moment "when the child left the shelter",
    Outcome "outcome" Code "how the stay ended",
    Status "status" Code "status on the day of the list",
    SeparationReason "separation-reason" Text "ground given for a separation",
    ReferredForProsecution "referred-for-prosecution" Moment "when referred to the prosecutor",
    District "district" Place "judicial district",
    Charge "charge" Text "charge",
    Decision "decision" Code "the prosecutor's decision",
    DecisionReason "decision-reason" Text "its reason",
    CourtDate "court-date" Moment "date in court",
    Sentence "sentence" Text "sentence",
    Released "released" Moment "when released from the marshals' custody",
    BookIn "book-in" Moment "beginning of a stay in detention",
    BookOut "book-out" Moment "end of a stay in detention",
    ReleaseReason "release-reason" Code "why the stay in detention ended",
    Removed "removed" Moment "when removed from the country",
    RemovalCountry "removal-country" Country "country of removal",
    RequestReceived "request-received" Moment "when a tracing request was received",
    SeparatedOn "separated-on" Moment "when separated, as somebody says",
    SeparatedPlace "separated-place" Place "where separated, as somebody says",
    Note "note" Text "words",
}

impl Field {
    /// The field of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_names_one_field() {
        for field in Field::ALL {
            assert_eq!(Field::from_word(field.word()), Some(*field));
        }
        assert_eq!(Field::from_word("birth date"), None);
    }
}
