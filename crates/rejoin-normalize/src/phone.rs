//! Telephone numbers to E.164, by the numbering plans of libphonenumber.

use phonenumber::country::Id;

/// The number in E.164, reading one without a country code as of the countries given, in turn; `None` when it fits
/// none of them.
pub fn e164(said: &str, home: Option<rejoin_model::Country>) -> Option<String> {
    if said.len() > 40 || said.bytes().filter(u8::is_ascii_digit).count() < 7 {
        return None;
    }
    let home = home.and_then(|country| country.to_string().parse::<Id>().ok());
    [home, Some(Id::US)].into_iter().flatten().find_map(|region| {
        let number = phonenumber::parse(Some(region), said).ok()?;
        number.is_valid().then(|| number.format().mode(phonenumber::Mode::E164).to_string())
    })
}

/// The digits, for a number of no known form.
pub fn digits(said: &str) -> String {
    said.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_countries_concerned() {
        let guatemala = crate::country::read("Guatemala");
        assert_eq!(e164("5512 3456", guatemala).as_deref(), Some("+50255123456"));
        assert_eq!(e164("+502 5512-3456", None).as_deref(), Some("+50255123456"));
        assert_eq!(e164("(956) 541-1234", guatemala).as_deref(), Some("+19565411234"));
        assert_eq!(e164("12", None), None);
    }
}
