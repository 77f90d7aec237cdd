//! The inspector's program has four commands with few options: reading them by hand keeps it free of other crates.

/// A command's arguments, sorted.
pub struct Arguments<'a> {
    places: Vec<&'a str>,
    options: Vec<(&'a str, &'a str)>,
    switches: Vec<&'a str>,
}

impl<'a> Arguments<'a> {
    /// Sorts arguments of a command that takes so many of its own, and these options (with a value) and switches.
    pub fn of(
        arguments: &'a [String],
        places: usize,
        options: &[&str],
        switches: &[&str],
    ) -> Result<Self, String> {
        let mut sorted = Self { places: Vec::new(), options: Vec::new(), switches: Vec::new() };
        let mut rest = arguments.iter().map(String::as_str);
        while let Some(argument) = rest.next() {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value)),
                _ => (argument, None),
            };
            if options.contains(&name) {
                let value = value.or_else(|| rest.next()).ok_or(format!("{name} needs a value"))?;
                sorted.options.push((name, value));
            } else if switches.contains(&argument) {
                sorted.switches.push(argument);
            } else if argument.starts_with("--") {
                return Err(format!("there is no option {argument}"));
            } else {
                sorted.places.push(argument);
            }
        }
        if sorted.places.len() != places {
            return Err(format!("{places} file(s) are expected, {} are given", sorted.places.len()));
        }
        Ok(sorted)
    }

    /// The argument at a place, of which [`Arguments::of`] has seen that it is there.
    pub fn place(&self, at: usize) -> &'a str {
        self.places[at]
    }

    /// Every value of an option.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.options.iter().filter(move |(option, _)| *option == name).map(|(_, value)| *value)
    }

    /// The value of an option that may be given once.
    pub fn one(&self, name: &str) -> Result<Option<&'a str>, String> {
        let mut values = self.all(name);
        let value = values.next();
        if values.next().is_some() { Err(format!("{name} is given twice")) } else { Ok(value) }
    }

    /// Whether a switch is given.
    pub fn has(&self, name: &str) -> bool {
        self.switches.contains(&name)
    }
}
