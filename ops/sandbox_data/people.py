"""People, companies, places and times that the records of every vendor are made of; none of them exists."""

import datetime
import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent / "connectors"
FIRST = (
    "Amara Björn Chloé Daria Emeka Fenja Goran Hana Ines Jonas Kofi Lena Mateo Nadia Omar Priya Quentin Rosa Sören Tomás "
    "Uma Viktor Wanda Ximena Yara Zoë Aiko Bruno Camila Dmitri Elif Farid Greta Hiro Isla Jamal Katya Luca Mei Noah"
).split()
LAST = (
    "Adeyemi Bergström Castellano Dubois Eriksen Fontaine García Haddad Ibsen Jovanović Kowalski Lindqvist Moreau "
    "Nakamura O'Brien Petrov Quispe Rossi Šimić Tanaka Ueda Vargas Weiß Xu Yılmaz Zieliński Abara Brandt Cohen Duarte"
).split()
TITLES = [
    "Head of Procurement", "Engineer", "Account Executive", "Chief Financial Officer", "Office Manager", "Data Analyst",
    "VP, Operations", "Customer Success Lead", "Designer", "Recruiter",
]
DEPARTMENTS = ["Sales", "Engineering", "Finance", "Operations", "People"]
CITIES = [
    ("Lisbon", "Lisboa", "1100-148", "Portugal"), ("Austin", "TX", "78701", "United States"),
    ("Köln", "NRW", "50667", "Germany"), ("Nairobi", None, "00100", "Kenya"), ("Osaka", "Osaka", "530-0001", "Japan"),
    ("Montréal", "QC", "H2X 1Y4", "Canada"), ("Lyon", None, "69001", "France"),
]
COMPANIES = ["Harbor", "Juniper", "Northwind", "Quarry", "Saffron", "Tidal", "Umber", "Velvet", "Willow", "Zephyr", "Cobalt", "Ember"]
KINDS = ["Logistics", "Foods", "Robotics", "Health", "Textiles", "Energy", "Studios", "Labs", "Marine", "Capital"]
START = datetime.datetime(2026, 3, 1, 8, 0, 0)


def person(number):
    first, last = FIRST[number % len(FIRST)], LAST[(number * 7 + number // 40) % len(LAST)]
    plain = "".join(c for c in f"{first}.{last}".lower() if c.isascii() and (c.isalnum() or c == "."))
    return first, last, f"{plain}{number}@example.com"


def company(number):
    return f"{COMPANIES[number % 12]} {KINDS[(number // 12 + number) % 10]}" + (f" {number}" if number >= 100 else "")


def moment(number, form):
    time = START + datetime.timedelta(minutes=37 * number, seconds=number % 60)
    if form == "sf":
        return time.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{number % 1000:03d}Z"


def write(path, records):
    """Writes one record a line."""
    path = ROOT / path
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")
