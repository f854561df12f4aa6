"""Gold: resolved people, organisations and groups, as analysts and the API see them."""

from cdp.model.tables.declare import table

GOLD = (
    table(
        "gold.profile",
        "one person or anonymous visitor",
        "profile_id",
        """
profile_id    varchar    stable id
profile_type  varchar    person or visitor
full_name     varchar?   name to show
title         varchar?   form of address
given_name    varchar?   first name
middle_name   varchar?   middle names
family_name   varchar?   last name
gender        varchar?   female, male or other
birth_date    date?      date of birth
language      varchar?   ISO 639-1
email         varchar?   best e-mail
phone         varchar?   best phone, E.164
street        varchar?   street of the best address
house_number  varchar?   house number of the best address
postcode      varchar?   postcode of the best address
city          varchar?   city of the best address
state         varchar?   state of the best address
country       varchar?   country of the best address, ISO 3166-1 alpha-2
company       varchar?   employer as stated
job_title     varchar?   job as stated
account_id    varchar?   employer, where a relationship names it
status        varchar?   active, blocked, obsolete or in_preparation
region        varchar?   region whose rules apply
record_count  bigint     source records it is made of
source_count  bigint     source instances they come from
sources       varchar[]  those instances, sorted
first_seen_at timestamp? earliest creation or event (UTC)
last_seen_at  timestamp? latest change or event (UTC)
custom        json       custom attributes of the records, by source
""",
        subject="profile_id",
    ),
    table(
        "gold.account",
        "one organisation or group",
        "account_id",
        """
account_id        varchar    stable id
account_type      varchar    organisation or group (household, club, buying group, ...)
name              varchar?   name to show
group_kind        varchar?   what kind of group it is, as stated; null for organisations
email             varchar?   best e-mail
phone             varchar?   best phone, E.164
website           varchar?   web site
industry          varchar?   industry as stated
tax_id            varchar?   tax number
language          varchar?   ISO 639-1
street            varchar?   street of the best address
house_number      varchar?   house number of the best address
postcode          varchar?   postcode of the best address
city              varchar?   city of the best address
state             varchar?   state of the best address
country           varchar?   country of the best address, ISO 3166-1 alpha-2
role              varchar?   customer, prospect, ...
status            varchar?   active, blocked, obsolete or in_preparation
parent_account_id varchar?   organisation above it
region            varchar?   region whose rules apply
record_count      bigint     source records it is made of
source_count      bigint     source instances they come from
sources           varchar[]  those instances, sorted
first_seen_at     timestamp? earliest creation (UTC)
last_seen_at      timestamp? latest change (UTC)
custom            json       custom attributes of the records, by source
""",
        subject="account_id",
    ),
    table(
        "gold.attribute",
        "one golden value with its origin and what it beat",
        "profile_id attribute",
        """
profile_id  varchar   person, visitor, organisation or group
entity_type varchar   person, organisation, group or visitor
attribute   varchar   name of the attribute
value       varchar   the golden value
record_id   varchar   source record that gave it
source      varchar   its source instance
trust_tier  varchar   master_data, declared or observed
seen_at     timestamp when the source last confirmed it (UTC)
rule        varchar   rule that decided against the next best: one of survivorship.yaml; whole_name (given and family name are those of the golden full name); tie_break; only_value
losers      json      what it beat: [{value, record_id, source, trust_tier, seen_at, rule}], best first; rule says why it lost
""",
        subject="profile_id",
    ),
    table(
        "gold.identifier",
        "one identifier of one profile",
        "profile_id kind value",
        """
profile_id  varchar   person, visitor, organisation or group
entity_type varchar   person, organisation, group or visitor
kind        varchar   email, phone, source, tax_id, ...
value       varchar   normalised value
records     varchar[] source records that carry it, sorted
seen_at     timestamp when a source last confirmed it (UTC)
verified    boolean   whether a source says that it was verified
blocked     boolean   true: a placeholder or a value shared too widely to point to anybody
""",
        subject="profile_id",
    ),
    table(
        "gold.source_record",
        "one source record of one profile",
        "record_id",
        """
record_id   varchar    source record
profile_id  varchar    person, visitor, organisation or group
entity_type varchar    person, organisation, group or visitor
source      varchar    source instance
object      varchar    the source's own name of the object
native_id   varchar    the source's own key
trust_tier  varchar    master_data, declared or observed
region      varchar?   region whose rules apply to this record
changed_at  timestamp? when the source last changed it (UTC)
""",
        subject="profile_id",
    ),
    table(
        "gold.consent",
        "the permission in force for one contact point, channel, purpose and category",
        "profile_id channel contact_value purpose category",
        """
profile_id    varchar   person, organisation or group
contact_kind  varchar   email, phone or post
contact_value varchar   the contact point; `*` means every one of that kind
channel       varchar   email, sms, phone or post
purpose       varchar   marketing, service, ...
category      varchar   communication category, `any` when none
state         varchar   granted, denied or pending
rule          varchar   most_restrictive, later_opt_in, only_statement or default
consent_id    varchar?  statement that decided, null for default
source        varchar?  its source instance
given_at      timestamp? when it was stated (UTC)
proof         varchar?  its proof
best          boolean   whether the contact point is the golden one
losers        json      statements it overruled: [{consent_id, source, state, given_at}]
""",
        subject="profile_id",
    ),
    table(
        "gold.role",
        "one role of one person, organisation or group",
        "profile_id role scope",
        """
profile_id  varchar    person, visitor, organisation or group
entity_type varchar    person, organisation, group or visitor
role        varchar    customer, prospect, contact, employee, supplier, ...
scope       varchar    what it holds for (a sales area, a company), `any` for everything
attributes  json       attributes of the role; each from the most trusted record, then the latest
records     varchar[]  source records that say so, sorted
valid_from  timestamp? when it began (UTC)
valid_to    timestamp? when it ended (UTC); one record that knows no end keeps it open
""",
        subject="profile_id",
    ),
    table(
        "gold.relationship",
        "one relationship between two profiles",
        "profile_id other_id kind",
        """
profile_id varchar    person, organisation or group it starts from
other_id   varchar    person, organisation or group it leads to
kind       varchar    contact_of, subsidiary_of, member_of, ...
other_type varchar    what it leads to: person, organisation, group or visitor
attributes json       function, department, main contact, ...
records    varchar[]  source records that state it
valid_from timestamp? when it began (UTC)
valid_to   timestamp? when it ended (UTC)
""",
        subject="profile_id",
    ),
    table(
        "gold.account_hierarchy",
        "one organisation that stands above or below another",
        "account_id",
        """
account_id        varchar  organisation
parent_account_id varchar? organisation above it, null for the top
top_account_id    varchar  organisation at the top; of the top itself, its own id
depth             integer  how many stand above it; 0 for the top
is_cut            boolean  the sources put an organisation above it that is also below it; that link is cut
cut_account_id    varchar? that organisation
""",
        subject="account_id",
    ),
    table(
        "gold.household",
        "one household: persons who live together",
        "household_id",
        """
household_id varchar  stable id; kept by whoever has most of the members it had before
name         varchar? family names of its members
members      bigint   persons in the household
head_id      varchar  the member it is listed under: the oldest one known, else the best known
street       varchar? street of its home, as told last
house_number varchar? house number of its home
postcode     varchar? postcode of its home
city         varchar? city of its home
country      varchar? country of its home, ISO 3166-1 alpha-2
confidence   double   that its least certain member belongs to it, 0 to 1
seed_id      varchar  member it was made for; the id is a hash of it and the ordinal
ordinal      integer  how many living households were made for that member before
""",
        subject="head_id",
    ),
    table(
        "gold.household_member",
        "one person living in one household",
        "profile_id",
        """
household_id varchar household
profile_id   varchar person
role         varchar head, partner (of like age), child (a generation younger) or member
method       varchar what says so: address_and_name, address_and_contact, name_and_contact, contact or address
confidence   double  how sure that is, 0 to 1
others       varchar[] ids of the other members, sorted
""",
        subject="profile_id",
    ),
    table(
        "gold.company_group",
        "one group of organisations that belong together",
        "group_id",
        """
group_id   varchar  stable id; kept by whoever has most of the members it had before
name       varchar? name of its head
members    bigint   organisations in the group
head_id    varchar  organisation at its top
confidence double   that its least certain member belongs to it, 0 to 1
seed_id    varchar  member it was made for; the id is a hash of it and the ordinal
ordinal    integer  how many living groups were made for that member before
""",
        subject="head_id",
    ),
    table(
        "gold.company_group_member",
        "one organisation of one group",
        "account_id",
        """
group_id          varchar  group
account_id        varchar  organisation
role              varchar  head, subsidiary or site (of the same name as the head)
parent_account_id varchar? organisation above it, the head where no relationship says more
method            varchar  what says so: relationship, tax_id, domain, name_and_contact, name_and_domain or name
confidence        double   how sure that is, 0 to 1
""",
        subject="account_id",
    ),
    table(
        "gold.enrichment",
        "one conclusion about one profile; never a fact, and never where a fact is known",
        "profile_id attribute",
        """
profile_id  varchar person, visitor, organisation or group
entity_type varchar person, organisation, group or visitor
attribute   varchar what is concluded: company, company_domain, country, time_zone, language, preferred_channel, preferred_weekday (1 is Monday), preferred_hour (local), interests
value       varchar the conclusion
confidence  double  how sure the method is, 0 to 1; a judgement, not a measured frequency
method      varchar what it rests on: phone, postcode, email_domain, country or behaviour
evidence    json    what it was concluded from
""",
        subject="profile_id",
    ),
    table(
        "gold.feature",
        "facts about one profile as of a moment; money in one currency for all",
        "profile_id",
        """
profile_id           varchar        person, visitor, organisation or group
entity_type          varchar        person, organisation, group or visitor
as_of                timestamp      the moment (UTC); nothing later was read
currency             varchar?       currency of revenue and baskets (ISO 4217), null when nobody ordered
orders               bigint         orders, cancelled ones left out
orders_365d          bigint         of these, in the last 365 days
revenue              decimal(18,2)  their amounts, less what came back and what has no known rate
revenue_365d         decimal(18,2)  of these, in the last 365 days
average_basket       decimal(18,2)? mean amount of the orders that have one
first_order_at       timestamp?     first order (UTC)
last_order_at        timestamp?     last order (UTC)
recency_days         integer?       whole days since the last order
tenure_days          integer?       whole days since the first order
open_carts           bigint         carts neither ordered nor recovered in the last 30 days
interactions_30d     bigint         interactions in the last 30 days
interactions_90d     bigint         interactions in the last 90 days
emails_opened_90d    bigint         e-mails opened in the last 90 days
emails_clicked_90d   bigint         e-mails clicked in the last 90 days
web_views_30d        bigint         pages and products viewed in the last 30 days
last_interaction_at  timestamp?     last interaction (UTC)
preferred_channel    varchar?       channel with most interactions in the last 180 days
top_interest         varchar?       subject with most interactions in the last 180 days
""",
        subject="profile_id",
    ),
    table(
        "gold.segment_member",
        "one current member of one segment",
        "segment profile_id",
        """
segment     varchar   name of the segment
profile_id  varchar   member
entered_run bigint    run in which it entered
entered_at  timestamp as_of of that run (UTC)
is_control  boolean?  held out: in the segment's control group, never activated; null: not known before the next run
control_of  varchar[]? campaigns of the segment that hold it out, sorted
""",
        subject="profile_id",
    ),
    table(
        "gold.segment_history",
        "one entry into or departure from a segment",
        "segment profile_id run_id event",
        """
segment    varchar   name of the segment
profile_id varchar   profile
run_id     bigint    run in which it happened
event      varchar   entered or left
at         timestamp as_of of that run (UTC)
cause      varchar?  why: definition, upload, restriction, merge, split, time, consent, event, new, records or data; null: a run before causes were kept
""",
        subject="profile_id",
    ),
    table(
        "gold.static_member",
        "one member of one static group, as the ids are now",
        "segment profile_id",
        """
segment    varchar   name of the static group
profile_id varchar   profile; one that was merged is the one that survives
added_at   timestamp when it was put into the group (UTC)
added_by   varchar   who put it there
""",
        subject="profile_id",
    ),
    table(
        "gold.product_affinity",
        "one product and one that the same customers bought",
        "product other",
        """
product        varchar  number of the product, without its source
other          varchar  number of the other product
other_name     varchar  what the other is called
other_category varchar? category of the other
both_buyers    bigint   customers who bought both
cosine         double   these, divided by the root of the buyers of one times those of the other
""",
    ),
    table(
        "gold.best_seller",
        "one product among those that most customers bought lately, in all or in its category",
        "category place",
        """
category    varchar  category in small letters; empty: of all products
place       bigint   1 for the product with most customers
product     varchar  number of the product, without its source
name        varchar  what it is called
of_category varchar? its category
buyers      bigint   customers who bought it
""",
    ),
    table(
        "gold.recommender",
        "one kind of list and how well it named what customers bought on days held out",
        "list",
        """
list      varchar   repeat or discovery
status    varchar   published, not_better_than_baseline or insufficient_data
customers bigint    customers it was tried on
hits      double    share of them of whose purchases the list named one among its first ten
baseline  double    the same for best sellers
gain_low  double    lower end of the 95 percent interval of the difference
gain_high double    upper end
as_of     timestamp the moment it holds for (UTC)
""",
    ),
)
