"""Silver: parties in the platform's own words; every value keeps its original."""

from cdp.model.tables.declare import table

SILVER = (
    table(
        "silver.record",
        "one party (person, organisation, group or visitor) as one source sees it now",
        "record_id",
        """
record_id   varchar    `source:native id`
source      varchar    source instance
object      varchar    the source's own name of the object
native_id   varchar    the source's own key, leading zeros removed where the source pads
party_type  varchar    person, organisation, group (household, club, buying group, ...) or visitor (an anonymous device or cookie)
trust_tier  varchar    master_data, declared or observed: how far the source's values are facts
region      varchar?   region whose rules apply to this record
status      varchar?   active, blocked, obsolete or in_preparation, where the source says
created_at  timestamp? when the source created it (UTC)
changed_at  timestamp? when the source last changed it (UTC)
received_at timestamp  when its latest version arrived (UTC)
custom      json       source fields that no mapping names, by their own names
""",
        subject="record_id",
    ),
    table(
        "silver.attribute",
        "one value of one attribute of one source record",
        "record_id attribute position",
        """
record_id varchar    source record
attribute varchar    name of the attribute, as in the docs (given_name, birth_date, address, ...)
position  integer    order within the record, from 0; the source's preferred value first
value     varchar    the cleaned value; an address is a JSON object of street, house_number, postcode, city, state, country
original  varchar    the value as received
seen_at   timestamp  when the source last confirmed it (UTC)
verified  boolean    whether the source says that it was verified
""",
        subject="record_id",
    ),
    table(
        "silver.identifier",
        "one identifier of one source record",
        "record_id kind value",
        """
record_id varchar    source record
kind      varchar    email, phone, source, tax_id, loyalty_id, national_id, domain, user_id or anonymous_id
value     varchar    normalised once: e-mail lower case, phone E.164, source ids as `source:native id`
original  varchar    the value as received
position  integer    order within the record and kind, from 0; the source's preferred value first
seen_at   timestamp  when the source last confirmed it (UTC)
verified  boolean    whether the source says that it was verified
""",
        subject="record_id",
    ),
    table(
        "silver.consent",
        "one statement of permission for one contact point",
        "consent_id",
        """
consent_id    varchar    `source:native id[:n]`
record_id     varchar?   source record that stated it, null when only the contact point is known
source        varchar    source instance
contact_kind  varchar    email, phone or post
contact_value varchar?   the contact point, normalised as an identifier; null means every one of the record
channel       varchar    email, sms, phone or post
purpose       varchar    marketing, service, analytics, ...
category      varchar    communication category, `any` when the source has none
state         varchar    granted, denied or pending
given_at      timestamp  when it was stated (UTC)
provable      boolean    whether the source holds a proof: explicit, with its origin
proof         varchar?   that proof: form, object, double opt-in reference
""",
        subject="record_id",
    ),
    table(
        "silver.party_role",
        "one role that one source record plays",
        "record_id role scope",
        """
record_id  varchar    source record
role       varchar    customer, prospect, contact, employee, supplier, ...
scope      varchar    what it holds for (a sales area, a company), `any` for everything
attributes json       attributes of the role (payment terms, credit limit, ...)
valid_from timestamp? when it began (UTC)
valid_to   timestamp? when it ended (UTC)
seen_at    timestamp  when the source last confirmed it (UTC)
""",
        subject="record_id",
    ),
    table(
        "silver.relationship",
        "one typed relationship between two source records",
        "record_id other_record_id kind",
        """
record_id       varchar    source record it starts from
other_record_id varchar    source record it leads to
kind            varchar    contact_of, subsidiary_of, ...
attributes      json       attributes of the relationship (function, department, main contact)
valid_from      timestamp? when it began (UTC)
valid_to        timestamp? when it ended (UTC)
""",
        subject="record_id",
    ),
    table(
        "silver.visitor_link",
        "one person record seen on one anonymous device or cookie",
        "visitor_record_id record_id",
        """
visitor_record_id varchar   record of the visitor
record_id         varchar   record of the known user
first_seen_at     timestamp first time they were seen together (UTC)
last_seen_at      timestamp last time they were seen together (UTC)
""",
        subject="record_id",
    ),
    table(
        "silver.quarantine",
        "one delivered object, or one field of it, that was not accepted, with the reason",
        "quarantine_id",
        """
quarantine_id varchar   hash of source, object, locator, field and reason
source        varchar   source instance
object        varchar   the source's own name of the object
native_id     varchar?  the source's key, where it could be read
locator       varchar   where in the delivery it stood
field         varchar?  field at fault; null when the whole record is
whole_record  boolean   true: the record was not accepted; false: only this value was left out
reason        varchar   machine-readable reason
message       varchar   what was wrong and what was expected, for people
original      varchar?  the value or text as received
load_id       bigint    load that brought it
received_at   timestamp when it arrived (UTC)
""",
        subject="native_id",
    ),
    table(
        "silver.reconciliation",
        "one object of one source; versions = accepted + superseded + deleted + quarantined",
        "source object",
        """
source      varchar source instance
object      varchar the source's own name of the object
versions    bigint  versions of objects held in bronze, unreadable ones included
accepted    bigint  latest versions that were accepted
superseded  bigint  versions that a later one replaced
deleted     bigint  objects that the source says are gone
quarantined bigint  versions or pieces that were not accepted
fields_left_out bigint  single values that were left out while their record was accepted
""",
    ),
    table(
        "silver.balance",
        "what became of the rows that one run read of one object; together they are the rows read",
        "run_id source object outcome reason",
        """
run_id  bigint  run that read them
source  varchar source instance
object  varchar the source's own name of the object
outcome varchar accepted, superseded (by a later version), deleted, quarantined, unchanged, duplicate (twice in one delivery) or erased (of somebody who was erased)
reason  varchar why they are in quarantine, empty for other outcomes
rows    bigint  rows, as they stood at the end of that run
""",
    ),
)
