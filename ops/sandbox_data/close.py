"""The simulated Close organization: leads are companies and hold their contacts."""

import datetime

from .people import CITIES, COMPANIES, START, TITLES, company, person, write

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
ORGANIZATION = "orga_Qh7tLw3xZc9vBn5mKp1rTy8uJd2fGs4aEe6iOo0WqXl"


def name(prefix, number):
    text, value = "", (number + 1) * 6364136223846793005 % (1 << 256) ^ 0x5DEECE66D << 200
    value = value * value % (1 << 262)
    for _ in range(43):
        text += ALPHABET[value % 62]
        value //= 62
    return f"{prefix}_{text}"


def moment(number):
    time = START + datetime.timedelta(minutes=37 * number, seconds=number % 60)
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{number * 7919 % 1000:03d}000+00:00"


def write_all():
    users = [{
        "date_created": moment(n), "date_updated": moment(n + 9), "email": person(n + 300)[2],
        "email_verified_at": moment(n), "first_name": person(n + 300)[0], "google_profile_image_url": None, "id": name("user", n),
        "image": None, "last_name": person(n + 300)[1], "last_used_timezone": "Europe/Lisbon", "organizations": [ORGANIZATION],
    } for n in range(4)]
    labels = [("Contacted", "active"), ("Offer sent", "active"), ("Signed", "won"), ("Gone", "lost")]
    pipelines = [{
        "created_by": None, "date_created": "2026-03-01T08:00:00.931820", "date_updated": "2026-03-01T08:00:00.931820",
        "id": f"pipe_4Wm8Zr2Tk6Yb1Xc3Vd5N{p}", "name": ["Sales", "Renewals"][p], "organization_id": ORGANIZATION,
        "statuses": [{"id": name("stat", 10 * p + n), "label": label, "type": kind} for n, (label, kind) in enumerate(labels)],
        "updated_by": None,
    } for p in range(2)]
    by = {"created_by": users[0]["id"], "updated_by": users[1]["id"]}
    names = {
        "created_by_name": f"{users[0]['first_name']} {users[0]['last_name']}",
        "updated_by_name": f"{users[1]['first_name']} {users[1]['last_name']}",
    }
    contacts, leads = [], []
    for n in range(250):
        first, last, email = person(n)
        lead = n % 115
        phone = f"+35121{n:07d}"
        contacts.append({
            "created_by": by["created_by"], "date_created": moment(n), "date_updated": moment(n + 300),
            "display_name": f"{first} {last}",
            "emails": [] if n % 17 == 4 else [{"email": email, "is_unsubscribed": False, "type": "office"}],
            "id": name("cont", n), "integration_links": [], "lead_id": name("lead", lead), "name": f"{first} {last}",
            "organization_id": ORGANIZATION,
            "phones": [] if n % 4 == 0 else [{
                "country": "PT", "phone": phone, "phone_formatted": f"+351 21 {n:07d}", "type": ["office", "mobile", "direct"][n % 3],
            }],
            "timezone": None, "timezone_source": None, "title": TITLES[n % 10] if n % 3 else None, "updated_by": by["updated_by"],
            "urls": [], **({"custom.cf_8Kx2Vb7Nq4Rm1Tz6Yw3Lc5Pd9Js0Fg": ["German", "French"][n % 2]} if n % 3 == 0 else {}),
        })
    for n in range(115):
        city, state, code, country = CITIES[n % 7]
        status = [("Potential", 30), ("Customer", 31), ("Lost", 32)][n % 3]
        leads.append({
            "addresses": [] if n % 5 == 0 else [{
                "address_1": f"{n + 1} Harbor Road", "address_2": "", "city": city, "country": {"Portugal": "PT", "United States": "US", "Germany": "DE", "Kenya": "KE", "Japan": "JP", "Canada": "CA", "France": "FR"}[country],
                "label": ["business", "mailing"][n % 2], "state": state or "", "zipcode": code,
            }],
            "contacts": [c for c in contacts if c["lead_id"] == name("lead", n)], "created_by": by["created_by"],
            "created_by_name": names["created_by_name"], "custom": {"Tier": "Gold"} if n % 4 == 0 else {},
            **({"custom.cf_2Mw9Qe4Rt7Yu1Io5Pa8Sd3Fg6Hj0Kl": "Gold"} if n % 4 == 0 else {}),
            "date_created": moment(n), "date_updated": moment(n + 400), "description": "" if n % 3 else "Family business since 1970",
            "display_name": company(n), "html_url": f"https://app.close.com/lead/{name('lead', n)}/", "id": name("lead", n),
            "integration_links": [], "name": company(n), "opportunities": [], "organization_id": ORGANIZATION,
            "status_id": name("stat", status[1]), "status_label": status[0], "tasks": [], "updated_by": by["updated_by"],
            "updated_by_name": names["updated_by_name"],
            "url": None if n % 4 == 0 else f"https://{COMPANIES[n % 12].lower()}{n}.example.com",
        })
    opportunities = []
    for n in range(80):
        pipeline = pipelines[n % 2]
        status = pipeline["statuses"][n % 4]
        value = 150000 * (n + 1)
        contact = contacts[n] if n % 3 else None
        user = users[n % 4]
        opportunities.append({
            "annualized_expected_value": value // 2, "annualized_value": value, "attachments": [], "confidence": 10 * (n % 11),
            "contact_id": contact and contact["id"], "contact_name": contact and contact["name"], **by, **names,
            "date_created": moment(n), "date_lost": moment(n + 90) if status["type"] == "lost" else None,
            "date_updated": moment(n + 200), "date_won": "2026-06-15" if status["type"] == "won" else None,
            "expected_value": value // 2, "id": name("oppo", n), "integration_links": [], "lead_id": leads[n]["id"],
            "lead_name": leads[n]["name"], "note": "Asked for a demo", "note_html": "<body><p>Asked for a demo</p></body>",
            "organization_id": ORGANIZATION, "pipeline_id": pipeline["id"], "pipeline_name": pipeline["name"],
            "status_display_name": status["label"], "status_id": status["id"], "status_label": status["label"],
            "status_type": status["type"], "user_id": user["id"], "user_name": f"{user['first_name']} {user['last_name']}",
            "value": value, "value_currency": "EUR", "value_formatted": f"€{value // 100}", "value_period": ["one_time", "annual", "monthly"][n % 3],
        })
    tasks = [{
        "_type": "lead", "agent_config_id": None, "assigned_to": users[n % 4]["id"],
        "assigned_to_name": f"{users[n % 4]['first_name']} {users[n % 4]['last_name']}", "contact_id": None, "contact_name": None,
        **by, **names, "date": f"2026-{n % 12 + 1:02d}-{n % 28 + 1:02d}", "date_created": moment(n), "date_updated": moment(n + 5),
        "deduplication_key": None, "due_date": f"2026-{n % 12 + 1:02d}-{n % 28 + 1:02d}", "id": name("task", n),
        "is_complete": n % 3 == 0, "is_dateless": False, "is_primary_lead_notification": True, "lead_id": leads[n]["id"],
        "lead_name": leads[n]["name"], "object_id": None, "object_type": None, "organization_id": ORGANIZATION,
        "priority": ["medium", "high", "low"][n % 3], "resolution": None, "sequence_id": None, "sequence_subscription_id": None,
        "text": f"Call {leads[n]['name']}", "view": "future",
    } for n in range(60)]
    notes = [{
        "_type": "Note", "activity_at": moment(n), "attachments": [], "contact_id": None, **by, **names, "date_created": moment(n),
        "date_updated": moment(n + 1), "id": name("acti", n), "lead_id": leads[n]["id"],
        "note": f"Talked about the {['price', 'contract', 'roll-out'][n % 3]}.",
        "note_html": f"<body><p>Talked about the {['price', 'contract', 'roll-out'][n % 3]}.</p></body>", "organization_id": ORGANIZATION,
        "pinned": False, "pinned_at": None, "title": None, "user_id": users[n % 4]["id"],
        "user_name": f"{users[n % 4]['first_name']} {users[n % 4]['last_name']}", "users": [],
    } for n in range(50)]
    statuses = [status for pipeline in pipelines for status in pipeline["statuses"]]
    for key, records in [
        ("users", users), ("pipelines", pipelines), ("statuses", statuses), ("contacts", contacts), ("leads", leads),
        ("opportunities", opportunities), ("tasks", tasks), ("notes", notes),
    ]:
        write(f"close/sandbox/{key}.ndjson", records)
