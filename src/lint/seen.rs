//! Which senders the faults are typical of: some were seen in samples and fixtures, others follow from how such a sender works.

use super::Rule;

/// By rule, in their order: whose events may have it.
const SEEN: &[(&str, &str)] = &[
    ("advertising-id-format", "the vendor's sample of a mobile identify"),
    ("amount-in-cents", "shops that pass on what a payment provider counts in cents"),
    ("amount-negative", "plugins that tell refunds as purchases"),
    ("attribute-alias", "GA4 data layers, Magento and backends with names of their own"),
    ("attribute-name", "RudderStack sources and backends in camel case"),
    ("attribute-recommended", "the vendor's sample of a bulk purchase"),
    ("attribute-required", "web shops' snippets"),
    ("attribute-type", "web shops' snippets"),
    ("bank-account", "forms of direct debits that send all their fields"),
    ("boolean-spelling", "PHP and spreadsheets, which write TRUE, 1 or yes"),
    ("bulk-limits", "imports and the mobile SDKs, which go by the older limit"),
    ("card-number", "checkout forms that send all their fields"),
    ("case-twins", "teams with two integrations, and customers who type their address"),
    ("checkout-and-purchase", "shops whose checkout and backend count in other units"),
    ("clock-skew", "apps that send when they are online again, and hosts in local time"),
    ("consent-overwritten", "lead forms that send the default of every field"),
    ("currency-format", "web shops' snippets"),
    ("cut-short", "no real sender; whoever sends a whole page or database"),
    ("date-epoch", "the mobile SDKs' histories, and JavaScript's Date.now()"),
    ("date-format", "web shops that join month, day and year"),
    ("date-implausible", "phones in Thailand, Iran and Japan; .NET, Go, PHP and databases without a date"),
    ("date-impossible", "the vendor's sample of subscription_billing"),
    ("date-zone", "backends that write local time"),
    ("device-of-many-customers", "kiosks, and servers that send their own id"),
    ("device-tokens", "the vendor's sample of a bulk call"),
    ("device-type-value", "the vendor's own samples"),
    ("email-format", "pages behind Cloudflare, which hides addresses, and forms"),
    ("empty-string", "forms, and the Android SDK where a coupon is empty"),
    ("encoding-broken", "backends with a database in Latin-1"),
    ("envelope", "tag managers and servers that pass a call of Segment, RudderStack, GA4 or Shopify on"),
    ("event-name-alike", "integrations by the specification of another platform, and slips"),
    ("event-name-case", "Segment and Magento, which name Add To Cart and Add_To_Cart"),
    ("event-name-empty", "tag managers whose variable is not set"),
    ("event-name-missing", "tag managers, which call it eventName"),
    ("event-name-numeric", "tag managers that send an id for a name"),
    ("event-name-period", "Segment sources with names such as cart.viewed"),
    ("event-name-too-long", "tag managers that send the title of the page"),
    ("event-name-whitespace", "RudderStack and Segment, whose names are words"),
    ("event-repeated", "pages with two snippets, and handlers that are bound twice"),
    ("event-uuid-format", "the documentation's own example"),
    ("event-uuid-twice", "queues that deliver again, and copied samples"),
    ("field-sometimes-missing", "integrations of several teams"),
    ("field-twice", "hand-written JSON"),
    ("field-type-changes", "PHP and the pixel, which make texts of numbers"),
    ("foreign-digits", "phones and pages in Arabic, Persian and Japanese"),
    ("gender-value", "apps and forms, which write Female, f or F"),
    ("half-character", "JavaScript that cuts texts by length"),
    ("html-entity", "snippets that read a text from the page"),
    ("identifier-empty", "web shops, which send customer_id: '' of visitors"),
    ("identifier-missing", "servers that copied a sample for the browser"),
    ("identifier-of-nobody", "guest checkouts, tills and apps without consent"),
    ("identifier-rounded", "imports from spreadsheets and data frames"),
    ("identifier-too-long", "single-page apps that send a token for the customer"),
    ("identify-without-identifier", "web shops' snippets"),
    ("identity-conflict", "the vendor's sample of a bulk call, and shared mailboxes"),
    ("invisible-characters", "spreadsheets and copied text"),
    ("ip-format", "backends behind proxies, which send the whole list"),
    ("joined-at-moves", "apps that identify at every start with the time of the call"),
    ("json-in-text", "plugins that serialize twice"),
    ("latitude-range", "the vendor's sample of a bulk call"),
    ("literal-text", "blueshift.js, which writes undefined, and apps in Swift, Java and Go"),
    ("longitude-range", "apps that change the two over"),
    ("mobile-attributes", "servers that send for apps without the SDK"),
    ("number-format", "RudderStack's fixtures and web shops, which send what is shown"),
    ("number-rounded", "backends with ids of 64 bits"),
    ("object-for-array", "PHP, whose lists with gaps become objects"),
    ("one-event-two-names", "shops with a theme and an app that both tell"),
    ("order-of-two-customers", "shops that send the number of the cart"),
    ("order-twice", "thank-you pages that are loaded again"),
    ("order-unnamed", "shops' backends"),
    ("phone-format", "forms and tills"),
    ("placeholder-left", "the vendor's samples as they stand, and templates of messages"),
    ("plan-broken", "plans that are written by hand"),
    ("plan-event", "whoever sends by another plan"),
    ("plan-field", "whoever sends by another plan"),
    ("plan-missing", "whoever sends by another plan"),
    ("plan-stale", "plans that nobody keeps"),
    ("plan-type", "whoever sends by another plan"),
    ("plan-value", "whoever sends by another plan"),
    ("product-id-numeric", "backends with numbers for keys"),
    ("product-id-too-long", "shops that send the address of the product's page"),
    ("products-array", "the Magento plugin, whose last item overwrites the others"),
    ("products-name", "web shops, GA4 and Shopify, which say items or line_items"),
    ("purchase-arithmetic", "the vendor's sample of a purchase"),
    ("purchase-per-line-item", "the Magento plugin"),
    ("quantity-name", "the Magento plugin"),
    ("quantity-zero", "carts that tell every change as an addition"),
    ("reserved-name", "events that were exported and are sent again"),
    ("secret", "sign-up forms that send all their fields, and envelopes with a write key"),
    ("signature-format", "servers that hash to capitals or to Base64"),
    ("signature-missing", "senders of accounts that began to verify events"),
    ("signature-wrong", "servers that sign another spelling of the address"),
    ("subscription-dates", "shops' backends"),
    ("subscription-length", "the vendor's sample of subscription_start"),
    ("text-spread", "pages that call identify(\"user-1\")"),
    ("timestamp-future", "hosts in local time, and samples with a made-up year"),
    ("timestamp-old", "imports, and copied samples"),
    ("transaction-uuid-format", "backends that send the number of the order"),
    ("transaction-uuid-twice", "backends that send one for each step"),
    ("url-format", "single-page apps that send the path"),
    ("url-personal", "links in messages, which carry the address"),
];

/// Whose events typically break a rule.
pub fn seen(rule: &Rule) -> &'static str {
    let at = SEEN.binary_search_by_key(&rule.id, |(id, _)| id).ok();
    at.and_then(|at| SEEN.get(at)).map_or("", |(_, senders)| senders)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_every_rule_it_is_said_whose_events_may_break_it() {
        assert!(SEEN.is_sorted_by_key(|(id, _)| id), "the list is searched by halves");
        let rules: Vec<_> = crate::plan::rules().collect();
        assert!(
            rules.iter().all(|rule| !seen(rule).is_empty()),
            "{:?}",
            rules.iter().find(|rule| seen(rule).is_empty())
        );
        assert_eq!(SEEN.len(), rules.len());
    }
}
