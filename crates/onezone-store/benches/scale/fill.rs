//! Zones of any size: ten thousand users with the tokens among whom the measured ones are to be found.

use onezone_store::conformance::{audit, of_user, token, user};
use onezone_store::{NamedToken, Store, Unnamed, Zone};

/// Whose tokens are the others'.
const OTHERS: usize = 10_000;

/// How many users have ten tokens each that are deleted.
pub(crate) const DELETED_SMALL: usize = 200;

/// Brings a store to a zone with so many tokens of others, and the tokens that are measured.
pub(crate) async fn fill(store: &dyn Store, others: usize) {
    let mut zone = Zone::default();
    for number in 0..OTHERS {
        zone.users.push(user(&format!("other-{number}")));
    }
    for number in 0..others {
        zone.tokens.push(numbered(&format!("other-{}", number % OTHERS), number / OTHERS));
    }
    let small = (0..DELETED_SMALL).map(|number| (format!("small-{number}"), 10));
    let large = [("ten", 10), ("ten-thousand", 10_000), ("hundred-thousand", 100_000)];
    let large = large.map(|(id, count)| (id.to_owned(), count));
    for (id, count) in small.chain(large) {
        zone.users.push(user(&id));
        zone.tokens.extend((0..count).map(|number| numbered(&id, number)));
    }
    store.apply(&zone, Unnamed::Keep, &audit(0)).await.unwrap();
}

/// With names in another order than the ids.
fn numbered(user: &str, number: usize) -> NamedToken {
    let name = format!("{:08x}", number.wrapping_mul(0x9e37_79b1) & 0xffff_ffff);
    token(&of_user(user), &format!("{user}-{number}"), &name)
}
