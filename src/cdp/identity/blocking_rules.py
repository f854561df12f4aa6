"""The blocking rules on offer: columns two records must agree on to be worth comparing.

A plan picks among them for the data at hand (`blocking`); list columns agree when any value does.
"""

from typing import Final

PERSON_RULES: Final = tuple(
    tuple(rule.split())
    for rule in """
    emails
    locals
    phones
    short_phones
    national_id
    ids
    emails given
    emails family
    phones given
    phones family
    given family
    given family city
    given family postcode
    given family birth_year
    name_set
    nicknames family
    family birth_date
    given birth_date
    birth_date postcode
    birth_date street
    birth_date city
    family postcode
    given postcode
    street city
    street family
    street given
    street postcode
    street phones
    company postcode
    company family
    company given
    birth_date
    family
    given
    street
    postcode
    birth_year birth_month given
    birth_year birth_month family
    birth_month birth_day given
    birth_month birth_day family
    birth_year birth_day given
    birth_year birth_day family
    birth_year given
    birth_year family
    given_3 family_3
    family_sound given_sound
    given_1 family
    given_1 family_sound postcode
    given_1 family_sound city
    given_1 family_3 birth_year
    given_1 family_sound birth_year
    family city
    given city
    street_number postcode
    street_number family_sound
    given_1 family middle
    family_sound birth_date
    given_sound birth_date
    given_sound postcode
    birth_year birth_month birth_day given_1
    family extra_0
    given extra_0
    family_sound birth_year
    nicknames birth_date
    nicknames postcode
    nicknames city
    nicknames family_sound
    given_3 birth_year city
    family_3 birth_year city
    given_1 family_3 city
    birth_year postcode
    given_1 birth_year city
    """.strip().splitlines()
)
ORGANISATION_RULES: Final = tuple(
    tuple(rule.split())
    for rule in """
    emails
    phones
    short_phones
    national_id
    ids
    company
    company_6
    company_rare
    company_sorted
    company_rare city
    company_rare postcode
    company city
    company postcode
    company_6 city
    company_6 postcode
    company street
    street city
    street postcode
    street
    street_number company_rare
    street_number postcode
    """.strip().splitlines()
)
