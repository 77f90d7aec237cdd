//! Documents to text. What a reader sees of a page, a letter or a report, in the order of reading, so that quotations can
//! be compared with it; the bytes themselves are kept by their hash.

mod index;
mod read;

pub use index::{Index, files_below};
pub use read::{Document, Format, Unreadable, read};
