"""Makes the inputs of the JSONata workloads: invented people, companies and deals in the shapes that vendors' APIs have.

usage: python generate.py DIR     writes DIR/inputs/*.json and DIR/workloads.json; the same on every machine
"""

import json
import pathlib
import random
import sys

HERE = pathlib.Path(__file__).resolve().parent
FIRST = "Amara Bjorn Chiara Dmitri Elif Farid Greta Hana Ines Jonas Kofi Leila Mateo Nadia Otto Priya Quentin Rosa Sami Tove".split()
LAST = "Abara Bergqvist Conti Duarte Eriksen Faraday Grünwald Hashimoto Ibarra Jansen Kowalska Lindqvist Mbeki Novák O'Hara Petrov Quiroga Rossi Šimić Tanaka".split()
CITY = [("Oslo", "NO", "0150"), ("Lyon", "FR", "69001"), ("Porto", "PT", "4000"), ("Kraków", "PL", "30-001"), ("Austin", "US", "73301"), ("Osaka", "JP", "530-0001")]
TITLE = ["Buyer", "Head of Operations", "CTO", "Controller", "Sales Lead", None]
WORDS = "harbour lantern cedar violet meadow copper falcon ripple summit willow ember quartz".split()


def person(r):
    first, last = r.choice(FIRST), r.choice(LAST)
    mail = f"{first}.{last}@{r.choice(WORDS)}.example".lower().replace("'", "")
    return first, last, mail


def maybe(r, value, chance=0.7):
    return value if r.random() < chance else None


def stamp(r):
    return f"20{r.randint(18, 25)}-{r.randint(1, 12):02}-{r.randint(1, 28):02}T{r.randint(0, 23):02}:{r.randint(0, 59):02}:{r.randint(0, 59):02}"


def sf_contact(r, n):
    first, last, mail = person(r)
    city, country, code = r.choice(CITY)
    return {
        "attributes": {"type": "Contact", "url": f"/services/data/v61.0/sobjects/Contact/003{n:015}"},
        "Id": f"003{n:015}", "FirstName": maybe(r, first, 0.95), "LastName": last, "Title": r.choice(TITLE),
        "Email": f" {mail.title()} ", "Secondary_Email__c": maybe(r, "alt." + mail, 0.3), "Phone": maybe(r, f"+47 22 {r.randint(10, 99)} {r.randint(10, 99)} {r.randint(10, 99)}"),
        "MobilePhone": maybe(r, f"+47 9{r.randint(1000000, 9999999)}"), "HomePhone": None, "Fax": maybe(r, "+47 22 00 00 00", 0.1),
        "MailingStreet": maybe(r, f"{r.choice(WORDS).title()} street {r.randint(1, 99)}\r\nFloor {r.randint(1, 9)}", 0.8), "MailingCity": city,
        "MailingState": None, "MailingPostalCode": code, "MailingCountry": country, "MailingCountryCode": maybe(r, country, 0.5),
        "OtherStreet": maybe(r, f"Box {r.randint(1, 999)}", 0.2), "OtherCity": None, "OtherCountry": None,
        "AccountId": maybe(r, f"001{r.randint(1, 60):015}", 0.9), "Account": {"attributes": {"type": "Account"}, "Name": r.choice(WORDS).title() + " AS"},
        "OwnerId": f"005{r.randint(1, 9):015}", "LeadSource": maybe(r, r.choice(["Web", "Fair", "Partner"])), "Department": maybe(r, r.choice(["Finance", "IT"])),
        "HasOptedOutOfEmail": r.random() < 0.1, "DoNotCall": r.random() < 0.1, "LastActivityDate": maybe(r, stamp(r)[:10], 0.6),
        "CreatedDate": stamp(r) + ".000+0000", "LastModifiedDate": stamp(r) + ".000+0000", "IsDeleted": False,
        "Tier__c": maybe(r, r.choice(["gold", "silver"])), "Score__c": maybe(r, r.randint(0, 10)), "Region__c": maybe(r, r.choice(["EMEA", "AMER"])), "Seats__c": r.randint(1, 500),
    }


def hs_contact(r, n):
    first, last, mail = person(r)
    city, country, code = r.choice(CITY)
    created = stamp(r) + ".123Z"
    return {
        "id": str(1000 + n),
        "properties": {
            "createdate": created, "email": maybe(r, mail, 0.95), "firstname": first, "lastname": maybe(r, last, 0.9), "hs_additional_emails": maybe(r, f"a.{mail};b.{mail}", 0.2),
            "hs_object_id": str(1000 + n), "jobtitle": r.choice(TITLE), "company": r.choice(WORDS).title(), "phone": maybe(r, "+33 4 72 00 00 00"), "mobilephone": maybe(r, ""), "fax": None,
            "address": maybe(r, "1 quai du port"), "city": city, "state": None, "zip": code, "country": country, "lifecyclestage": r.choice(["lead", "customer", "opportunity", "other"]),
            "hubspot_owner_id": maybe(r, str(r.randint(1, 9))), "num_associated_deals": maybe(r, str(r.randint(0, 9))), "hs_email_optout": maybe(r, "true", 0.1),
            "notes_last_contacted": maybe(r, str(1_600_000_000_000 + r.randint(0, 10**11)), 0.5), "lastmodifieddate": created, "favourite_colour": maybe(r, r.choice(["red", "blue"])), "nps": maybe(r, str(r.randint(0, 10))),
        },
        "createdAt": created, "updatedAt": created, "archived": False,
        "associations": {"companies": {"results": [{"id": str(r.randint(1, 50)), "type": "contact_to_company"}]}} if r.random() < 0.6 else {},
    }


def typed(kind, value):
    return {"@Descriptor": value, "ID": [{"@type": "WID", "#text": f"{abs(hash_of(value)):032x}"[:32]}, {"@type": kind, "#text": value}]}


def hash_of(text):
    total = 7
    for letter in text:
        total = (total * 131 + ord(letter)) % (1 << 61)
    return total


def worker(r, n):
    first, last, mail = person(r)
    jobs = [
        {"@Primary": "1" if job == 0 else "0", "Position": {"Title": r.choice([t for t in TITLE if t]), "Primary": "1" if job == 0 else "0", "Start": stamp(r)[:10] + "-08:00",
         "Location": typed("Location_ID", r.choice(CITY)[0]), "Hours": str(r.choice([40, 37.5, 20])), "Manager": typed("Employee_ID", str(r.randint(1, 40)))}}
        for job in range(1 if r.random() < 0.8 else 2)
    ]
    return {
        "Reference": typed("Employee_ID", str(n)),
        "Data": {
            "User": mail.split("@")[0],
            "Person": {"Name": {"Legal": {"First": first, "Last": last}, "Preferred": {"First": first[:3], "Last": last}},
                       "Birth": stamp(r)[:10],
                       "Emails": [{"Address": mail, "Usage": typed("Usage_ID", "WORK")}, {"Address": "home." + mail, "Usage": typed("Usage_ID", "HOME")}],
                       "Phones": [{"@Formatted": f"+1 (512) 555-{r.randint(1000, 9999)}", "Device": typed("Device_ID", r.choice(["Mobile", "Landline"]))}]},
            "Employment": {"Status": {"Active": "1" if r.random() < 0.9 else "0", "Hired": stamp(r)[:10]}, "Jobs": jobs},
            "Pay": {"Annual": {"Total": str(r.randint(40_000, 190_000)), "Currency": "EUR"}},
            "Organizations": [{"Org": typed("Organization_ID", name), "Type": kind} for kind, name in (("Cost_Center", r.choice(WORDS)), ("Supervisory", r.choice(WORDS)))],
            "History": [{"When": stamp(r), "Event": r.choice(WORDS), "Note": " ".join(r.choice(WORDS) for _ in range(20))} for _ in range(4)],
        },
    }


def retail(r):
    return {"data": {"regions": [
        {"id": f"r{region}", "stores": [
            {"id": f"r{region}s{store}", "manager": {"name": r.choice(FIRST), "contact": {"email": person(r)[2], "phone": "+1 555 0100"}},
             "address": {"street": f"{r.randint(1, 99)} {r.choice(WORDS)} road", "city": r.choice(CITY)[0]},
             "staff": [{"id": region * 10000 + store * 100 + n, "email": person(r)[2], "role": r.choice(["CTO", "Clerk", "Lead", "Buyer"]), "active": r.random() < 0.7,
                        "score": r.randint(0, 100), "address": {"city": r.choice(CITY)[0], "zip": r.choice(CITY)[2]}, "skills": [r.choice(WORDS), r.choice(WORDS)], "notes": " ".join(r.choice(WORDS) for _ in range(6))} for n in range(45)]}
            for store in range(15)]}
        for region in range(6)]}}


def deals(r):
    return {"rows": [{"id": f"d{n:05}", "region": r.choice(["north", "south", "east", "west"]), "owner": " ".join(person(r)[:2]), "stage": r.choice(["open", "won", "lost"]),
                      "amount": round(r.uniform(100, 90_000), 2), "quantity": r.randint(1, 20), "probability": round(r.random(), 2), "closed_at": stamp(r)[:10],
                      "tags": sorted({r.choice(WORDS) for _ in range(3)})} for n in range(2000)]}


def messy(r):
    return {"items": [{"full_name": f"  {' '.join(person(r)[:2]).upper()}  ", "contact": f"call +44 (20) {r.randint(1000, 9999)}-{r.randint(1000, 9999)} or {person(r)[2]}, {person(r)[2]}",
                       "address": f"{r.randint(1, 99)} {r.choice(WORDS)} lane, {r.choice(CITY)[0]} , {r.choice(CITY)[1]}", "ref": f"{r.choice(['inv', 'po', 'quo'])}-{r.randint(2018, 2025)}-{r.randint(1, 9999)}/{r.choice('abcd')}",
                       "html": f"<p>Order&nbsp;&amp; <b>{r.choice(WORDS)}</b> &#{r.randint(160, 255)}; <a href='https://shop.example/o/{r.randint(10**5, 10**6)}?x=1'>see</a></p>",
                       "when": f"{r.randint(1, 12)}/{r.randint(1, 28)}/{r.randint(2015, 2025)} {r.randint(1, 12)}:{r.randint(0, 59):02} {r.choice(['am', 'pm'])}",
                       "note": " ".join(r.choice(WORDS + ["🙂", "naïve", "東京"]) for _ in range(r.randint(2, 12)))} for _ in range(300)]}


def org(r):
    people = [{"id": "e0", "manager_id": None, "name": "Root", "dept": "board", "salary": 250_000}]
    for n in range(1, 400):
        first, last, _ = person(r)
        people.append({"id": f"e{n}", "manager_id": f"e{r.randint(0, (n - 1) // 2)}", "name": f"{first} {last}", "dept": r.choice(WORDS), "salary": r.randint(30, 150) * 1000})
    return {"employees": people, "matrix": [[r.randint(0, 9) for _ in range(12)] for _ in range(12)]}


QUERY = {"query": {"first_name": {"like": "Am%"}, "last_name": "O'Hara", "email": {"exists": True}, "title": {"in": ["CTO", "Buyer"]}, "account": {"id": "001000000000000042"},
                   "created_at": {"gte": "2024-01-01T00:00:00Z"}, "updated_at": {"gt": "2024-06-01T00:00:00Z", "lt": "2025-01-01T00:00:00Z"}, "nps_score": {"gte": 7}, "search": "harbour", "sort_by": "updated_at", "sort_order": "desc", "limit": 50}}


def events(r):
    kinds = ["contact.creation", "contact.propertyChange", "company.deletion", "deal.merge", "ticket.creation", "deal.propertyChange", "contact.deletion", "company.creation"]
    return {"body": [{"eventId": r.randint(1, 10**9), "subscriptionType": kind, "objectId": r.randint(1, 10**6), "occurredAt": 1_700_000_000_000 + r.randint(0, 10**9),
                      **({"propertyName": r.choice(WORDS), "propertyValue": r.choice(WORDS)} if "Change" in kind else {}), "attemptNumber": 0} for kind in kinds]}


def main():
    target = pathlib.Path(sys.argv[1])
    (target / "inputs").mkdir(parents=True, exist_ok=True)
    r = random.Random(20_24)
    inputs = {
        "sf-200": {"response": {"totalSize": 20_000, "done": False, "nextRecordsUrl": "/services/data/v61.0/query/01gQ-2000", "records": [sf_contact(r, n) for n in range(200)]},
                   "context": {"instance_url": "https://acme.my.example"}},
        "sf-1": {"response": sf_contact(r, 7)},
        "hs-200": {"response": {"results": [hs_contact(r, n) for n in range(200)], "paging": {"next": {"after": "200"}}}},
        "workers-100": {"response": {"Workers": [worker(r, n) for n in range(100)], "Page": "1", "Pages": "12"}},
        "query": QUERY, "retail": retail(r), "deals": deals(r), "messy": messy(r), "org": org(r), "events": events(r),
    }
    for name, value in inputs.items():
        (target / "inputs" / f"{name}.json").write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    workloads = json.loads((HERE / "workloads.json").read_text())
    for workload in workloads:
        workload["expression"] = (HERE / "expressions" / f"{workload['name']}.jsonata").read_text()
        workload["expected"] = f"expected/{workload['name']}.json"
    (target / "workloads.json").write_text(json.dumps({"workloads": workloads}, indent=1))


main()
