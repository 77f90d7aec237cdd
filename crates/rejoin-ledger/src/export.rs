//! The file that an inspector checks offline: every event, the signed checkpoints, the keys they are signed with.
//!
//! A text of lines, each ended by one line feed (0x0A), fields parted by one space; there is one spelling for
//! everything, so that no bit of the file is without meaning:
//!
//! ```text
//! rejoin ledger export 1
//! key <vkey>                                       one or more
//! checkpoint                                       one or more, of growing size, the last over all events
//! <the signed note: four lines, an empty line, one line a signature>
//! event <sequence> <at_micros> <version> <actor> <kind> <payload> <chain>
//! end <count>
//! ```
//!
//! Numbers are decimal, actor and payload base64 (RFC 4648, section 4, padded; empty when empty), the chain's hash
//! after the event 64 lower-case hexadecimal digits, the kind as it is, of the bytes 0x21 to 0x7E. Every signature is
//! by a key that the file names.
//!
//! Who reads shares with who writes nothing but the hash functions and the check of a signature: the tree and the
//! chain are derived again from the bytes, and what is wrong first is named with its place.

mod verify;
mod write;

pub use verify::{Broken, Fault, Summary, VerifyError, verify, verify_holding};
pub use write::{WriteError, Writer};
