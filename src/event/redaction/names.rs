//! Which fields are personal by their names: those that the catalogue marks, those that the user names, and those that
//! are called as such things are.

use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use crate::event::catalogue::Catalogue;

/// How many names are remembered, and how long they are at most: names come over the wire.
const REMEMBERED: usize = 4096;
const LONGEST: usize = 64;

/// What the name of a field says of what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing.
    Plain,
    /// It is of a person, and so is all that is inside.
    Personal,
    /// The name of whatever holds it.
    Name,
    /// It holds a person, whose name is personal.
    Person,
    /// The type of an event, or what tells one event from another.
    Type,
}

/// What is known of a name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named {
    pub(super) meaning: Meaning,
    /// Whether nothing in the name itself is personal.
    pub(super) is_plain: bool,
}

/// The names of personal fields.
pub(super) struct Names {
    /// The user's own, in the form of [`letters`].
    own: Box<[String]>,
    known: RwLock<HashMap<Box<str>, Named>>,
}

/// What the name of a personal field has in it, letters and digits only.
const PARTS: &[&str] = &[
    "accesskey",
    "accountnumber",
    "address",
    "advertisingid",
    "anonymousid",
    "apikey",
    "authorization",
    "bankaccount",
    "birth",
    "cardnumber",
    "clientsecret",
    "contactid",
    "creditcard",
    "credential",
    "customerid",
    "customernumber",
    "customerref",
    "customeruuid",
    "deviceid",
    "devicetoken",
    "driverslicen",
    "email",
    "familyname",
    "fcmtoken",
    "fingerprint",
    "firstname",
    "forename",
    "fullname",
    "geoloc",
    "givenname",
    "guestid",
    "idfa",
    "idfv",
    "instanceid",
    "lastname",
    "latitude",
    "loyaltycard",
    "loyaltyid",
    "loyaltynumber",
    "longitude",
    "maidenname",
    "memberid",
    "middlename",
    "mobilenumber",
    "msisdn",
    "nickname",
    "nationalid",
    "passport",
    "passw",
    "patientid",
    "personid",
    "personnumber",
    "phone",
    "postcode",
    "postalcode",
    "privatekey",
    "profileid",
    "recipientid",
    "recipientname",
    "remoteaddr",
    "secret",
    "sessionid",
    "sessionkey",
    "signature",
    "socialsecurity",
    "streetname",
    "subscriberid",
    "surname",
    "taxid",
    "taxnumber",
    "telephone",
    "token",
    "userid",
    "username",
    "usernumber",
    "useruuid",
    "visitorid",
    "vatnumber",
    "verificationkey",
    "whatsapp",
    "xforwardedfor",
    "zipcode",
];

/// A word of the name of a personal field.
const WORDS: &[&str] = &[
    "aaid", "adid", "auth", "bday", "cell", "city", "cookie", "cookies", "cvc", "cvv", "dob", "fax", "fbclid", "fbp",
    "gaid", "gclid", "gender", "iban", "imei", "ip", "ips", "jwt", "lat", "lng", "lon", "mail", "mobile", "otp",
    "phone", "pin", "pwd", "sex", "ssn", "street", "tel", "uid", "zip",
];

/// A word of the name of a field that holds a person.
const PEOPLE: &[&str] = &[
    "account",
    "author",
    "billing",
    "buyer",
    "card",
    "cardholder",
    "client",
    "contact",
    "customer",
    "guest",
    "identity",
    "member",
    "holder",
    "owner",
    "patient",
    "person",
    "profile",
    "recipient",
    "sender",
    "shipping",
    "subscriber",
    "traits",
    "user",
    "visitor",
];

impl Names {
    pub(super) fn new<'n>(own: impl Iterator<Item = &'n str>) -> Self {
        Self { own: own.map(letters).collect(), known: RwLock::default() }
    }

    /// What is known of the name; `is_plain` is asked for one that was not met before.
    pub(super) fn named(&self, name: &str, is_plain: impl FnOnce() -> bool) -> Named {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(named) = known.get(name) {
            return *named;
        }
        let has_room = known.len() < REMEMBERED && name.len() <= LONGEST;
        drop(known);
        let named = Named { meaning: self.meaning(name), is_plain: is_plain() };
        if has_room {
            self.known.write().unwrap_or_else(PoisonError::into_inner).insert(name.into(), named);
        }
        named
    }

    /// What the name says.
    pub(super) fn meaning(&self, name: &str) -> Meaning {
        /// Those of the catalogue.
        static MARKED: LazyLock<Box<[String]>> =
            LazyLock::new(|| Catalogue::standard().personal().into_iter().map(letters).collect());
        // The end of a long name says what it is of, if anything does.
        let end = name.char_indices().rev().nth(LONGEST * 2).map_or(0, |(at, _)| at);
        let name = name.get(end..).unwrap_or(name);
        let joined = letters(name);
        let words = words(name);
        let is_word = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        if ["event", "action", "customevent", "eventuuid", "transactionuuid"].contains(&joined.as_str()) {
            return Meaning::Type;
        }
        if joined == "name" || joined == "names" {
            return Meaning::Name;
        }
        let is_personal = self.own.contains(&joined)
            || MARKED.contains(&joined)
            || PARTS.iter().any(|part| joined.contains(part))
            || is_word(WORDS)
            || words.last().is_some_and(|last| last == "name") && is_word(PEOPLE);
        match is_personal {
            true => Meaning::Personal,
            false if is_word(PEOPLE) => Meaning::Person,
            false => Meaning::Plain,
        }
    }
}

/// The letters and digits of a name, small.
fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The words of a name, small: `client_ip`, `clientIp` and `client-ip` have two.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || c.is_uppercase() && was_small {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        was_small = c.is_lowercase() || c.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words
}
