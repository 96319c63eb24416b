"""The simulated Pipedrive company: numbers as ids, whole seconds, custom fields under 40-hex names."""

import datetime

from .people import CITIES, COMPANIES, START, TITLES, company, person, write

TIER = "3f1c0a9b7d5e42688a1b2c3d4e5f60718293a4b5"
BUDGET = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"


def moment(number):
    return (START + datetime.timedelta(minutes=37 * number, seconds=number % 60)).strftime("%Y-%m-%dT%H:%M:%SZ")


def place(number):
    city, state, code, country = CITIES[number % 7]
    return {
        "value": f"{number + 1} Harbor Road, {code} {city}, {country}", "country": country, "admin_area_level_1": state,
        "admin_area_level_2": None, "locality": city, "sublocality": None, "route": "Harbor Road",
        "street_number": str(number + 1), "subpremise": None, "postal_code": code,
    }


def write_all():
    users = [{
        "id": 7001 + n, "name": " ".join(person(n + 200)[:2]), "default_currency": "EUR", "locale": "en_US", "lang": 1,
        "email": person(n + 200)[2], "phone": None, "activated": True, "last_login": "2026-09-21 08:45:56",
        "created": "2026-01-13 09:16:26", "modified": "2026-09-21 08:45:56", "has_created_company": n == 0,
        "access": [{"app": "sales", "admin": n == 0, "permission_set_id": f"62cc4d7f-4038-4352-abf3-a8c1c822b63{n}"}],
        "active_flag": n != 4, "timezone_name": "Europe/Berlin", "timezone_offset": "+02:00", "role_id": 1,
        "icon_url": None, "is_you": n == 0, "is_deleted": False,
    } for n in range(5)]
    organizations = [{
        "id": 301 + n, "name": company(n), "owner_id": 7001 + n % 5, "add_time": moment(n), "update_time": moment(n + 400),
        "address": place(n) if n % 4 else None, "is_deleted": False, "visible_to": 3, "label_ids": [n % 3 + 1] if n % 2 else [],
        "website": f"https://{COMPANIES[n % 12].lower()}{n}.example.com" if n % 3 else None, "linkedin": None,
        "industry": n % 9 + 1 if n % 5 else None, "annual_revenue": 125000 * n if n % 6 else None,
        "employee_count": 10 * n if n % 4 else None, "custom_fields": {TIER: [11, 12, None][n % 3]},
    } for n in range(110)]
    persons = []
    for n in range(240):
        first, last, email = person(n)
        persons.append({
            "id": 1001 + n, "name": f"{first} {last}", "first_name": first, "last_name": last, "owner_id": 7001 + n % 5,
            "org_id": None if n % 9 == 0 else 301 + n % 110, "add_time": moment(n), "update_time": moment(n + 300),
            "emails": [] if n % 17 == 4 else [
                {"value": email, "primary": True, "label": "work"},
                *([{"value": f"home{n}@example.org", "primary": False, "label": "home"}] if n % 5 == 0 else []),
            ],
            "phones": [{"value": "", "primary": True, "label": "work"}] if n % 4 == 0 else [
                {"value": f"+351 910 000 {n:03d}", "primary": True, "label": ["work", "mobile"][n % 2]},
            ],
            "is_deleted": False, "visible_to": 3, "label_ids": [], "picture_id": None,
            "custom_fields": {BUDGET: {"value": 1500.5 * n, "currency": "EUR"} if n % 3 else None},
            "notes": None if n % 7 else "Met at the trade fair", "im": [], "birthday": f"19{60 + n % 40}-{n % 12 + 1:02d}-{n % 28 + 1:02d}" if n % 6 == 0 else None,
            "job_title": TITLES[n % 10] if n % 3 else None, "postal_address": place(n + 3) if n % 5 == 0 else None,
        })
    pipelines = [{
        "id": 1 + n, "name": ["New business", "Renewals"][n], "order_nr": n + 1, "is_deleted": False,
        "is_deal_probability_enabled": True, "add_time": moment(n), "update_time": moment(n),
    } for n in range(2)]
    names = ["Qualified", "Contact made", "Proposal made", "Negotiations started"]
    stages = [{
        "id": 1 + n, "name": names[n % 4], "order_nr": n % 4 + 1, "pipeline_id": 1 + n // 4, "deal_probability": 25 * (n % 4 + 1),
        "is_deal_rot_enabled": False, "days_to_rotten": None, "is_deleted": False, "add_time": moment(n), "update_time": moment(n),
    } for n in range(8)]
    deals = [{
        "id": 5001 + n, "title": f"{company(n % 110)}: {['licence', 'renewal', 'pilot'][n % 3]}", "creator_user_id": 7001,
        "owner_id": 7001 + n % 5, "value": 1200 * n + 99.9, "person_id": 1001 + n, "org_id": 301 + n % 110, "stage_id": n % 8 + 1,
        "pipeline_id": 1 + n % 8 // 4, "currency": ["EUR", "USD"][n % 2], "archive_time": None, "add_time": moment(n),
        "update_time": moment(n + 350), "stage_change_time": moment(n + 200) if n % 2 else None,
        "status": ["open", "open", "won", "lost"][n % 4], "is_archived": False, "is_deleted": False, "probability": 25 * (n % 4),
        "lost_reason": "Price" if n % 4 == 3 else None, "visible_to": 3, "close_time": moment(n + 350) if n % 4 > 1 else None,
        "won_time": moment(n + 350) if n % 4 == 2 else None, "lost_time": moment(n + 350) if n % 4 == 3 else None,
        "local_won_date": None, "local_lost_date": None, "local_close_date": None,
        "expected_close_date": f"2026-{n % 12 + 1:02d}-{n % 28 + 1:02d}", "label_ids": [], "origin": "ManuallyCreated",
        "origin_id": None, "channel": None, "channel_id": None, "source_lead_id": None, "acv": None, "arr": None, "mrr": None,
        "custom_fields": {TIER: [11, 12, None][n % 3]},
    } for n in range(90)]
    activities = [{
        "id": 8001 + n, "subject": f"{['Call', 'Send offer to', 'Meet', 'Remind'][n % 4]} {company(n % 110)}",
        "type": ["call", "task", "meeting", "task"][n % 4], "owner_id": 7001 + n % 5, "creator_user_id": 7001, "is_deleted": False,
        "add_time": moment(n), "update_time": moment(n + 100), "deal_id": 5001 + n % 90 if n % 2 else None, "lead_id": None,
        "person_id": 1001 + n, "org_id": 301 + n % 110, "project_id": None, "due_date": f"2026-{n % 12 + 1:02d}-{n % 28 + 1:02d}",
        "due_time": "15:00:00" if n % 3 == 0 else None, "duration": "01:00:00" if n % 3 == 0 else None, "busy": n % 3 == 0,
        "done": n % 5 == 0, "marked_as_done_time": moment(n + 90) if n % 5 == 0 else None, "location": None,
        "participants": [{"person_id": 1001 + n, "primary": True}], "attendees": [], "conference_meeting_client": None,
        "conference_meeting_url": None, "conference_meeting_id": None, "public_description": None, "priority": None, "note": None,
    } for n in range(120)]
    notes = [{
        "id": 401 + n, "user_id": 7001 + n % 5, "deal_id": 5001 + n, "person_id": 1001 + n, "org_id": 301 + n, "lead_id": None,
        "content": f"<p>Talked about the {['price', 'contract', 'roll-out'][n % 3]}.</p>",
        "add_time": moment(n).replace("T", " ")[:19], "update_time": moment(n + 50).replace("T", " ")[:19], "active_flag": True,
        "pinned_to_deal_flag": False, "pinned_to_person_flag": False, "pinned_to_organization_flag": False,
        "pinned_to_lead_flag": False, "last_update_user_id": None, "organization": {"name": company(n)},
        "person": {"name": " ".join(person(n)[:2])}, "deal": {"title": deals[n]["title"]}, "lead": None,
        "user": {"email": users[n % 5]["email"], "name": users[n % 5]["name"], "icon_url": None, "is_you": n % 5 == 0},
    } for n in range(60)]
    for name, records in [
        ("users", users), ("organizations", organizations), ("persons", persons), ("pipelines", pipelines), ("stages", stages),
        ("deals", deals), ("activities", activities), ("notes", notes),
    ]:
        write(f"pipedrive/sandbox/{name}.ndjson", records)
