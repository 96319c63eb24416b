"""The simulated NetSuite account: companies are customers, and people have no customer of their own."""

import datetime

from .people import CITIES, START, TITLES, company, person, write


def moment(number):
    return (START + datetime.timedelta(minutes=37 * number, seconds=number % 60)).strftime("%Y-%m-%dT%H:%M:%S")


def write_all():
    employees = [
        {
            "id": n + 11, "entityid": f"{person(n + 300)[0]} {person(n + 300)[1]}", "firstname": person(n + 300)[0],
            "lastname": person(n + 300)[1], "email": person(n + 300)[2], "title": TITLES[n], "issalesrep": "T" if n % 2 == 0 else "F",
            "isinactive": "T" if n == 5 else "F", "supervisor": 11 if n else None, "datecreated": moment(n),
            "lastmodifieddate": moment(n + 40),
        }
        for n in range(6)
    ]
    customers = [
        {
            "id": n + 1101, "entityid": f"C-{n + 1101} {company(n)}", "isperson": "T" if n % 29 == 7 else "F",
            "companyname": None if n % 29 == 7 else company(n), "email": None if n % 11 == 3 else f"office{n}@example.com",
            "phone": f"+351 21 555 {n:04d}", "fax": f"+351 21 556 {n:04d}" if n % 5 == 0 else None,
            "url": f"https://company{n}.example" if n % 3 else None, "category": n % 4 + 1 if n % 2 else None,
            "salesrep": 11 + n % 5, "parent": 1101 if n % 40 == 9 else None,
            "comments": f"Visited in {CITIES[n % len(CITIES)][0]}" if n % 6 == 0 else None, "isinactive": "T" if n % 50 == 49 else "F",
            "datecreated": moment(n), "lastmodifieddate": moment(n + 300), "custentity_tier": ["Gold", "Silver"][n % 2],
        }
        for n in range(230)
    ]
    contacts = [
        {
            "id": n + 5001, "entityid": f"{person(n)[0]} {person(n)[1]}", "firstname": person(n)[0], "lastname": person(n)[1],
            "title": TITLES[n % 10] if n % 3 else None, "email": None if n % 17 == 4 else person(n)[2],
            "altemail": f"{n}@home.example" if n % 7 == 0 else None, "phone": f"+44 20 7946 {n:04d}" if n % 4 else None,
            "mobilephone": f"+44 7700 90{n:04d}" if n % 3 == 0 else None, "homephone": None, "fax": None, "company": 1101 + n % 115,
            "comments": None, "isinactive": "T" if n % 60 == 59 else "F", "datecreated": moment(n), "lastmodifieddate": moment(n + 500),
        }
        for n in range(260)
    ]
    write("netsuite/sandbox/employees.ndjson", employees)
    write("netsuite/sandbox/customers.ndjson", customers)
    write("netsuite/sandbox/contacts.ndjson", contacts)
