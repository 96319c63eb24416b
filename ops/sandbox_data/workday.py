"""A Workday tenant: workers with their positions, some of them two at once, some contingent, on leave or gone."""

import hashlib

from .people import CITIES, DEPARTMENTS, TITLES, moment, person, write


def wid(*parts):
    """The 32 hexadecimal digits that name an object in Workday, the same ones at each run."""
    return hashlib.md5(":".join(str(part) for part in parts).encode()).hexdigest()


def workers():
    companies = [("Tributary_Labs_Inc", "Tributary Labs, Inc. (USA)"), ("Tributary_GmbH", "Tributary GmbH (Deutschland)")]
    profiles = [(title.replace(",", "").replace(" ", "_"), title) for title in TITLES]
    records = []
    for n in range(320):
        first, last, email = person(n + 29)
        city = CITIES[n % 7][0]
        boss = None if n == 0 or n % 37 == 36 else n // 8
        boss_first, boss_last, _ = person((boss or 0) + 29)
        contingent, left = n % 17 == 16, n % 23 == 22
        department = DEPARTMENTS[n % 5]
        orgs = [
            [f"SUPERVISORY_{department}", department, "SUPERVISORY"],
            [f"CC{41000 + n % 5 * 100}", f"{41000 + n % 5 * 100} {department}", "COST_CENTER"], [*companies[n % 2], "COMPANY"],
        ]
        hired = f"20{8 + n % 17:02d}-{n % 12 + 1:02d}-{n % 28 + 1:02d}"

        def job(number, title, weekly, started, manager):
            return {
                "primary": number == 0, "position": f"P-{n * 3 + number + 1:05d}", "position_wid": wid("position", n, number),
                "title": title[1], "profile": title[0], "profile_wid": wid("profile", title[0]), "start": started,
                "end": "2026-06-30" if left else None, "type": ["Regular", "Regular", "Intern", "Temporary"][n % 4] if n % 9 == 8 else "Regular",
                "time": "Part_time" if weekly < 35 else "Full_time", "weekly": weekly, "site": city, "site_wid": wid("site", city),
                "manager": manager, "orgs": [[*org, wid("organization", org[0])] for org in (orgs if number == 0 else orgs[1:])],
            }

        manager = None if boss is None else [wid("worker", boss), str(21000 + boss), f"{boss_first} {boss_last}"]
        jobs = [job(0, profiles[n % 10], 20 if n % 6 == 5 else 40, hired, manager)]
        if n % 11 == 3:
            jobs.append(job(1, ("Internal_Trainer", "Internal Trainer (second job)"), 8, "2024-02-01", [wid("worker", 1), "21001", "{} {}".format(*person(30)[:2])]))
        records.append({
            "wid": wid("worker", n), "number": str(21000 + n), "contingent": contingent,
            "user": None if contingent else email.split("@")[0], "first": first, "middle": "Åse" if n % 13 == 5 else None,
            "last": last, "preferred": first[:4] if n % 10 == 4 else first, "email": None if n % 19 == 11 else email,
            "home_email": f"{n}@home.example" if n % 4 == 0 else None, "phone": f"+49 221 555{n:04d}" if n % 3 == 0 else None,
            "gender": ["Female", "Male", None, "Not_Declared"][n % 4], "born": f"19{62 + n % 38}-{n % 12 + 1:02d}-{n % 28 + 1:02d}-08:00" if n % 2 else None,
            "marital": [None, "Single_Germany", "Married_United_States_of_America", "Pacte_Civil_France"][n % 4],
            "street": f"Hafenstraße {n + 1}" if n % 5 == 0 else None, "city": city, "badge": f"B{n:04d}" if n % 7 == 2 else None,
            "active": not left, "hired": hired, "left": "2026-06-30" if left else None, "on_leave": n % 41 == 40,
            "pay": None if contingent or n % 12 == 7 else [f"{41000 + n * 137}.50" if n % 9 else f"{18 + n % 30}.25", ["EUR", "USD"][n % 2], "Hourly" if n % 9 == 0 else "Annual"],
            "changed": moment(n * 3, "hs")[:19] + "Z", "jobs": jobs,
        })
    return records


def write_all():
    write("workday/sandbox/workers.ndjson", workers())
