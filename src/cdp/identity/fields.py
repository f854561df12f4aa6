"""The names people give their columns, and the field of the record each one means.

A column may belong to a further value of a field: `work_city` and `work_street` are one address,
`shipping_city` is of another, `email_2` is a second e-mail. `placed` says which.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from anyascii import anyascii

from cdp.identity.words import listed

_SYNONYMS: Final[dict[str, str]] = {
    "record_id": "id recordid rowid uniqueid uid recid customerid contactid personid clientid "
    "userid userkey externalid kundennummer kundennr idclient",
    "source": "sourcesystem sourcename dataset datasource system origin src sourcedataset quelle",
    "given_name": "firstname first givenname given givennames forename forenames fname vorname "
    "vornamen prenom nombre nombres christianname namefirst nome primonome voornaam imie imya "
    "keresztnev fornavn etunimi jmeno ad 名 firstnames",
    "middle_name": "middlename middle middleinitial mname secondname otchestvo patronymic "
    "patronymicname zweitername deuxiemeprenom segundonombre mi middlenames",
    "family_name": "lastname last surname surnames familyname family lname nachname nom "
    "nomdefamille apellido apellidos namelast cognome sobrenome achternaam nazwisko familiya "
    "efternamn etternavn sukunimi prijmeni soyad 姓 famname secondlastname",
    "maiden_name": "maidenname maiden birthname geburtsname nomdejeunefille nee formername "
    "formersurname previousname previoussurname previouslastname othersurname secondsurname "
    "marriedname formerlastname previousfamilyname",
    "full_name": "name fullname displayname personname contactname customername alias aliases "
    "aka alsoknownas nomcomplet nombrecompleto nomecompleto vollername namecomplete wholename fio "
    "氏名 名前 姓名 othernames nativename nicknames nickname knownas preferredname "
    "namelatin localname names",
    "birth_date": "birthdate dob dateofbirth birthday bday geburtsdatum geboren geburtstag "
    "datedenaissance datenaissance fechanacimiento fechadenacimiento datadinascita datanascita "
    "gebdatum datanascimento geboortedatum dataurodzenia datarozhdeniya born birthdates "
    "fodselsdato 生年月日 出生日期 birth dobs",
    "gender": "sex gendercode geschlecht sexe sexo sesso genero genre geslacht plec pol 性別",
    "emails": "email emailaddress mail emailaddresses emailprimary emails correo "
    "correoelectronico courriel adressemail adresseemail mailadresse emailadresse epost emailadres "
    "elektronnayapochta pochta メール メールアドレス electronicmail mailaddress",
    "phones": "phone phonenumber phonenumbers telephone telephonenumber tel telnr telefonnummer "
    "telefono telefone telephones telefoon telefonnr mobile mobilephone mobilenumber mobil "
    "mobilnummer cell cellphone cellular handy handynummer portable movil celular cellulare "
    "komorka mobiel mobiltelefon rufnummer landline festnetz fax faxnumber phones telefon "
    "mobilephonenumber msisdn contactnumber nomer 電話 電話番号 手机 电话 gsm whatsapp",
    "street": "streetaddress address addresses address1 addressline1 addr addr1 street1 "
    "addressline strasse strassehausnummer strassennummer rue calle via rua straat ulica adres "
    "adresse direccion indirizzo endereco line1 postaladdress anschrift streetname ulitsa adresse1 "
    "住所 地址 streets streetaddress1 addressstreet",
    "house_number": "housenumber hausnummer houseno hausnr streetnumber streetno numero huisnummer "
    "numerociviquo civico",
    "street_2": "address2 addressline2 street2 line2 streetaddress2 addr2 adresszusatz complement "
    "apartment apt unit suite",
    "city": "town locality cityname ort suburb municipality place stadt wohnort ville ciudad citta "
    "cidade plaats woonplaats miasto gorod localidad comune posttown cities 市",
    "postcode": "zip zipcode postalcode postal plz postcode zip5 codepostal codigopostal cap cep "
    "kodpocztowy indeks postleitzahl postnummer postkod zippostalcode pincode 郵便番号 邮编",
    "state": "province region statecode county stateprovince bundesland departement provincia "
    "estado kanton oblast prefecture",
    "country": "countrycode countryname land nation pays pais paese kraj strana 国",
    "company": "companyname organisation organization organisationname organizationname org "
    "employer business businessname accountname firm firma firmenname unternehmen entreprise "
    "societe empresa azienda bedrijf bedrijfsnaam kompaniya organizatsiya companies "
    "arbeitgeber employername employers raisonsociale razonsocial ragionesociale 会社名 会社 公司 "
    "legalname workplace tradename tradingname branchname storename",
    "national_id": "ssn nationalid nationalidnumber socialsecuritynumber socialsecurity taxid vat "
    "vatid vatnumber vatno nin socsecid personalnumber steuernummer steuerid ustid ustidnr "
    "nationalinsurancenumber nationalids nif cif dni nie cpf cnpj codicefiscale partitaiva siren "
    "siret bsn pesel inn personnummer tin ein taxnumber companynumber registrationnumber",
    "other_ids": "otherids otherid identifiers ids crmid erpid externalids identifier references",
    "extra": "extra extras custom attributes additional additionalattributes customfields",
}
"""The field, then what its column may be called: letters only, accents and case away."""

LIST_FIELDS: Final = ("emails", "phones", "other_ids")
"""Fields that hold all their values in one list."""
FURTHER: Final = {
    "birth_date": "birth_dates",
    "company": "companies",
    "national_id": "national_ids",
}
"""Fields of one main value: the list of the other values."""
NAME_FIELDS: Final = ("given_name", "middle_name", "family_name", "full_name", "maiden_name")
ADDRESS_FIELDS: Final = (
    "street",
    "house_number",
    "street_2",
    "city",
    "postcode",
    "state",
    "country",
)
"""Fields whose values belong together, name by name and address by address."""
OWN_NAMES: Final = frozenset({"record_id", "source", "extra"})
"""Fields that a column must name itself: no qualifier, no number."""

_NEUTRAL: Final = listed(
    "contact customer person user client patient member cust primary main current party kunde "
    "address name names addresses account holder owner the full value personal standard default "
    "registered adresse latin"
)
_QUALIFIERS: Final = listed(
    "home work business billing shipping mailing delivery postal secondary other alt alternate "
    "alternative previous former old new permanent private office invoice legal emergency second "
    "third first additional residential temporary temp past prior bill ship mail physical visiting "
    "geschaeft privat rechnung lieferung native local original"
)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", anyascii(name).lower())


_FIELD_BY_NAME: Final[dict[str, str]] = {
    _plain(word): field for field, words in _SYNONYMS.items() for word in (field, *words.split())
}


def field_of(name: str) -> str | None:
    """Return the field that a column of this name means, None when no synonym is known."""
    found = placed(name)
    return found[0] if found else None


@cache
def placed(name: str) -> tuple[str, str] | None:
    """Return the field of a column and which of its values it is of (empty for the main one)."""
    whole = _FIELD_BY_NAME.get(_plain(name))
    if whole:
        return whole, ""
    words = re.findall(r"[a-z]+|\d+", anyascii(_spaced(name)).lower())
    for start in range(len(words)):
        for end in range(len(words), start, -1):
            field = _FIELD_BY_NAME.get("".join(words[start:end]))
            rest = [*words[:start], *words[end:]]
            if field and field not in OWN_NAMES and _is_qualified(rest):
                return field, " ".join(word for word in rest if word not in _NEUTRAL)
    return None


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


def _is_qualified(words: list[str]) -> bool:
    return all(word in _NEUTRAL or word in _QUALIFIERS or word.isdigit() for word in words)


def id_rank(name: str) -> int:
    """Return how likely a column that means `record_id` is the row's own key, best first."""
    order = ["recordid", *_SYNONYMS["record_id"].split()]
    plain = _plain(name)
    return order.index(plain) if plain in order else len(order)
