"""Writes the vendor's files into the folder given: `contacts.json`, a page of 200 contacts (about 240 KB), and
`contacts/51000000007.json`, one of them (about 1.2 KB). The same bytes each time."""

import json
import pathlib
import random
import sys

FIRST = "Ada Grace Alan Edsger Barbara Donald Margaret Linus Guido Bjarne Ken Dennis Frances Radia Tim Vint Hedy Mary".split()
LAST = "Okafor Lindqvist Moreau Tanaka García Müller Øster Novák Rossi Silva Kowalski Andersson Petrov Haddad 株式会社".split()
FIRM = "Nordwind Bluepeak Fernhill Quartz Sunmill Harborline Kestrel Ironleaf Mossbank Tidewater".split()
CITY = "Berlin Paris London Oslo Wien Madrid Roma Praha København São_Paulo".split()


def contact(number, choose):
    first, last, firm = choose.choice(FIRST), choose.choice(LAST), choose.choice(FIRM)
    created = "2024-03-%02dT09:%02d:41.%03dZ" % (number % 28 + 1, number % 60, number % 1000)
    changed = "2026-05-%02dT17:%02d:03.%03dZ" % (number % 28 + 1, number % 60, number % 1000)
    company = str(7_000_000_000 + choose.randrange(10**9))
    properties = {
        "associatedcompanyid": company,
        "address": f"{choose.randrange(1, 400)} Example Street",
        "annualrevenue": str(choose.randrange(10**5, 10**9)) if number % 3 else None,
        "city": choose.choice(CITY).replace("_", " "),
        "company": firm + " GmbH",
        "country": "Germany",
        "createdate": created,
        "email": f"{first.lower()}.{number}@{firm.lower()}.example",
        "firstname": first,
        "hs_additional_emails":
            f"{first.lower()}{number}@mail.example;{first.lower()}{number}@home.example" if number % 2 else None,
        "hs_calculated_phone_number": "+49301%07d" % choose.randrange(10**7),
        "hs_lead_status": choose.choice(["NEW", "OPEN", "IN_PROGRESS", None]),
        "hs_object_id": str(51_000_000_000 + number),
        "hubspot_owner_id": str(choose.randrange(10**8, 10**9)),
        "jobtitle": "Head of \"Growth\" & Revenue Operations",
        "lastmodifieddate": changed,
        "lastname": last,
        "lifecyclestage": choose.choice(["lead", "customer", "opportunity", "subscriber"]),
        "mobilephone": "+49 151 %07d" % choose.randrange(10**7),
        "notes_last_updated": "2026-04-%02dT17:12:03.%03dZ" % (number % 28 + 1, number % 1000),
        "phone": "+49 30 %07d" % choose.randrange(10**7),
        "state": "BE",
        "website": f"https://www.{firm.lower()}.example/about?x=1&y=2",
        "zip": "%05d" % choose.randrange(10**5),
        "custom_segment__c": "enterprise; mid-market\nnote: " + "x" * (number % 40),
        "custom_score__c": str(choose.random() * 100),
        "hs_email_optout": "false",
        "num_associated_deals": str(number % 9),
    }
    return {
        "id": str(51_000_000_000 + number),
        "properties": properties,
        "createdAt": created,
        "updatedAt": changed,
        "archived": False,
        "associations": {
            "companies": {
                "results": [
                    {"id": company, "type": "contact_to_company"},
                    {"id": str(number + 99), "type": "contact_to_company_unlabeled"},
                ]
            }
        },
    }


def write(folder):
    """Makes the files; returns the number of the one record."""
    folder = pathlib.Path(folder)
    (folder / "contacts").mkdir(parents=True, exist_ok=True)
    choose = random.Random(7)
    contacts = [contact(number, choose) for number in range(200)]
    page = {
        "results": contacts,
        "paging": {"next": {"after": "51000000200", "link": "https://api.bench.example/contacts.json?after=51000000200"}},
    }
    def text(value):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    (folder / "contacts.json").write_text(text(page), encoding="utf-8")
    one = contacts[7]
    (folder / "contacts" / f"{one['id']}.json").write_text(text(one), encoding="utf-8")
    return one["id"]


if __name__ == "__main__":
    print(write(sys.argv[1]))
