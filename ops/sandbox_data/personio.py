"""Employees and time off of a simulated Personio company."""

import datetime

from sandbox_data.people import CITIES, DEPARTMENTS, TITLES, moment, person, write


def write_all():
    departments = [{"id": 281500 + n, "name": name} for n, name in enumerate(DEPARTMENTS)]
    offices = [{"id": 131000 + n, "name": city[0]} for n, city in enumerate(CITIES)]
    kinds = [
        {"id": 54321, "name": "Paid vacation", "category": "paid_vacation"},
        {"id": 54322, "name": "Sick leave", "category": "sick_leave"},
        {"id": 54323, "name": "Home office", "category": "offsite_work"},
    ]
    employees = []
    for n in range(230):
        first, last, email = person(n + 23)
        boss = n // 8
        boss_first, boss_last, _ = person(boss + 23)
        employees.append({
            "id": str(3001 + n), "first_name": first, "last_name": last, "preferred_name": first[:4] if n % 6 == 0 else None,
            "email": email, "gender": ["female", "male", "diverse"][n % 3 if n % 10 else 2],
            "status": ["active", "active", "active", "onboarding", "leave"][n % 5] if n % 37 != 36 else "inactive",
            "position": TITLES[n % 10],
            "supervisor": None if n == 0 else {"id": str(3001 + boss), "first_name": boss_first, "last_name": boss_last},
            "employment_type": "external" if n % 9 == 4 else "internal", "weekly_hours": ["40", "32", "20"][n % 3],
            "hire_date": f"20{12 + n % 14}-{n % 12 + 1:02d}-{n % 28 + 1:02d}",
            "termination_date": "2026-08-31" if n % 37 == 36 else None,
            "created_at": moment(n, "hs")[:19] + "Z", "updated_at": moment(n + 600, "hs")[:19] + "Z",
            "office": offices[n % 7], "department": departments[n % 5],
            "team": {"id": 59000 + n % 4, "name": f"Team {'ABCD'[n % 4]}"} if n % 3 else None,
            "cost_center": {"id": 82950 + n % 3, "name": f"Cost center {n % 3 + 1}", "percentage": 100} if n % 4 else None,
            "salary": 3000 + 25 * n, "shirt": ["S", "M", "L"][n % 3], "vacation": 30 - n % 25,
            "employment_id": f"eb3f5858-0000-4000-8000-{3001 + n:012d}",
        })
    time_offs = []
    for n in range(260):
        employee = employees[n % 230]
        day = datetime.date(2026, 1, 4) + datetime.timedelta(days=n)
        days = n % 5 + 1
        time_offs.append({
            "id": str(12000 + n), "status": ["approved", "pending", "rejected"][n % 3 if n % 7 else 0],
            "comment": "Back on Monday" if n % 6 == 0 else "",
            "start": day.isoformat(), "end": (day + datetime.timedelta(days=days - 1)).isoformat(), "days": days,
            "half_day": n % 11 == 0, "kind": kinds[n % 3],
            "employee": {name: employee[name] for name in ("id", "first_name", "last_name", "email")},
            "created_at": moment(n, "hs")[:19] + "Z", "updated_at": moment(n + 90, "hs")[:19] + "Z",
        })
    write("personio/sandbox/employees.ndjson", employees)
    write("personio/sandbox/time_offs.ndjson", time_offs)
