"""The names people give their columns, and the field of the record each one means."""

from __future__ import annotations

import re
from typing import Final

_SYNONYMS: Final[dict[str, str]] = {
    "record_id": "id recordid rowid uniqueid uid rec_id customerid contactid personid clientid "
    "userid userkey recid externalid",
    "source": "source_system sourcesystem sourcename dataset datasource system origin src "
    "source_dataset",
    "given_name": "firstname first givenname forename fname vorname prenom nombre christianname "
    "name_first",
    "middle_name": "middlename middle middleinitial mname secondname",
    "family_name": "lastname last surname familyname lname nachname nom apellido apellidos "
    "name_last",
    "full_name": "name fullname displayname personname contactname customername alias aliases "
    "aka alsoknownas",
    "birth_date": "birthdate dob dateofbirth birthday bday geburtsdatum",
    "gender": "sex gendercode geschlecht",
    "emails": "email emailaddress mail emails emailaddresses workemail personalemail "
    "secondaryemail email1 email2 email3 emailprimary e_mail otheremail alternateemail",
    "phones": "phone phonenumber telephone tel mobile mobilephone cell cellphone phones "
    "phonenumbers homephone workphone businessphone telefon handy phone1 phone2 phone3 fax "
    "mobilenumber telephonenumber otherphone landline",
    "street": "streetaddress address address1 addressline1 addr street1 addressline strasse "
    "line1 postaladdress",
    "city": "town locality cityname ort suburb municipality place",
    "postcode": "zip zipcode postalcode postal plz postcode zip5",
    "state": "province region statecode county stateprovince",
    "country": "countrycode countryname land nation",
    "company": "companyname organisation organization organisationname organizationname org "
    "employer business businessname accountname firm legalname",
    "national_id": "ssn nationalid nationalidnumber socialsecuritynumber taxid vat vatid vatnumber "
    "passport passportnumber nin socsecid personalnumber steuernummer nationalinsurancenumber",
    "other_ids": "otherids otherid identifiers ids crmid erpid externalids externalid2 loyaltyid "
    "membershipid foreignid",
    "extra": "extra extras custom attributes additional",
}

MULTI_VALUED: Final = frozenset({"emails", "phones", "other_ids"})


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


_FIELD_BY_NAME: Final[dict[str, str]] = {
    _plain(word): field for field, words in _SYNONYMS.items() for word in (field, *words.split())
}


def field_of(name: str) -> str | None:
    """Return the field that a column of this name means, None when no synonym is known."""
    return _FIELD_BY_NAME.get(_plain(name))


def best_columns(names: list[str]) -> dict[str, list[str]]:
    """Return the columns that fill each field, the field's own name before its synonyms."""
    found: dict[str, list[str]] = {}
    for name in names:
        field = field_of(name)
        if field is not None:
            found.setdefault(field, []).append(name)
    return {field: sorted(columns, key=lambda c: c != field) for field, columns in found.items()}
