"""A HubSpot portal: companies, contacts, deals and their pipelines, calls, emails, meetings, notes, tasks, owners, and the
properties of each type. Links to other records are under `links`, by type, as ids."""

from .people import CITIES, COMPANIES, START, TITLES, company, moment, person, write

import datetime

PORTAL = "144000001"
OWNERS = ["7700001", "7700002", "7700003", "7700004", "7700005", "7700006"]
# The number of a type in addresses and in hs_obj_coords.
TYPES = {
    "contacts": "0-1", "companies": "0-2", "deals": "0-3", "tasks": "0-27", "notes": "0-46", "meetings": "0-47",
    "calls": "0-48", "emails": "0-49",
}
STAGES = [
    ("appointmentscheduled", "Appointment Scheduled", "0.2", "false"), ("qualifiedtobuy", "Qualified To Buy", "0.4", "false"),
    ("presentationscheduled", "Presentation Scheduled", "0.6", "false"),
    ("decisionmakerboughtin", "Decision Maker Bought-In", "0.8", "false"), ("contractsent", "Contract Sent", "0.9", "false"),
    ("closedwon", "Closed Won", "1.0", "true"), ("closedlost", "Closed Lost", "0.0", "true"),
]
RENEWALS = [
    ("981000001", "Renewal due", "0.7", "false"), ("981000002", "Offer sent", "0.85", "false"),
    ("981000003", "Renewed", "1.0", "true"), ("981000004", "Cancelled", "0.0", "true"),
]
CALL_OUTCOMES = {
    "f240bbac-87c9-4f6e-bf70-924b57d47db7": "Connected", "9d9162e7-6cf3-4944-bf63-4dff82258764": "Busy",
    "b2cf5968-551e-4856-9783-52b3da59a7d0": "Left voicemail", "73a0d17f-1163-4015-bdd5-ec830791da20": "No answer",
}


def choices(*values):
    return [value if isinstance(value, tuple) else (value, value.replace("_", " ").capitalize()) for value in values]


def stamped(modified):
    return [
        ("hs_object_id", "Record ID", "number", "number", "r"), ("createdate" if modified != "hs_lastmodifieddate*" else "hs_createdate",
         "Create Date", "datetime", "date", "r"), (modified.rstrip("*"), "Last Modified Date", "datetime", "date", "r"),
    ]


OWNER = ("hubspot_owner_id", "Owner", "enumeration", "select", "e")
ENGAGEMENT = [
    *stamped("hs_lastmodifieddate*"), ("hs_timestamp", "Activity date", "datetime", "date", "n"), OWNER,
    ("hs_obj_coords", "Coordinates", "string", "text", "r"),
]
# Name, label, type, field type, flags: r read-only, n needed on create, u unique, c made by the customer, e options elsewhere.
PROPERTIES = {
    "contacts": [
        *stamped("lastmodifieddate"), ("email", "Email", "string", "text", "u"), ("firstname", "First Name", "string", "text", ""),
        ("lastname", "Last Name", "string", "text", ""), ("phone", "Phone Number", "string", "phonenumber", ""),
        ("mobilephone", "Mobile Phone Number", "string", "phonenumber", ""), ("jobtitle", "Job Title", "string", "text", ""),
        ("lifecyclestage", "Lifecycle Stage", "enumeration", "radio", "",
         choices("subscriber", "lead", ("marketingqualifiedlead", "Marketing Qualified Lead"), ("salesqualifiedlead", "Sales Qualified Lead"), "opportunity", "customer", "evangelist", "other")),
        ("hs_lead_status", "Lead Status", "enumeration", "radio", "", choices("NEW", "OPEN", "IN_PROGRESS", "UNQUALIFIED", "CONNECTED")),
        ("address", "Street Address", "string", "text", ""), ("city", "City", "string", "text", ""),
        ("state", "State/Region", "string", "text", ""), ("zip", "Postal Code", "string", "text", ""),
        ("country", "Country/Region", "string", "text", ""), ("company", "Company Name", "string", "text", ""),
        ("website", "Website URL", "string", "text", ""), OWNER,
        ("associatedcompanyid", "Primary Associated Company ID", "number", "number", "r"),
        ("notes_last_updated", "Last Activity Date", "datetime", "date", "r"),
        ("favourite_colour", "Favourite colour", "string", "text", "c"),
        ("customer_tier", "Customer tier", "enumeration", "select", "c", choices("gold", "silver", "bronze")),
    ],
    "companies": [
        *stamped("hs_lastmodifieddate"), ("name", "Company name", "string", "text", ""), ("domain", "Company Domain Name", "string", "text", ""),
        ("website", "Website URL", "string", "text", ""), ("phone", "Phone Number", "string", "phonenumber", ""),
        ("industry", "Industry", "enumeration", "select", "", choices("COMPUTER_SOFTWARE", "TEXTILES", "LOGISTICS_AND_SUPPLY_CHAIN", "FINANCIAL_SERVICES")),
        ("annualrevenue", "Annual Revenue", "number", "number", ""), ("numberofemployees", "Number of Employees", "number", "number", ""),
        ("address", "Street Address", "string", "text", ""), ("address2", "Street Address 2", "string", "text", ""),
        ("city", "City", "string", "text", ""), ("state", "State/Region", "string", "text", ""), ("zip", "Postal Code", "string", "text", ""),
        ("country", "Country/Region", "string", "text", ""), ("description", "Description", "string", "textarea", ""),
        ("lifecyclestage", "Lifecycle Stage", "enumeration", "radio", "", choices("subscriber", "lead", "opportunity", "customer", "other")),
        OWNER, ("hs_parent_company_id", "Parent Company", "number", "number", "r"),
        ("notes_last_updated", "Last Activity Date", "datetime", "date", "r"),
        ("delivery_zone", "Delivery zone", "enumeration", "select", "c", choices("north", "south")),
    ],
    "deals": [
        *stamped("hs_lastmodifieddate"), ("dealname", "Deal Name", "string", "text", ""), ("amount", "Amount", "number", "number", ""),
        ("dealstage", "Deal Stage", "enumeration", "radio", "", [stage[:2] for stage in STAGES + RENEWALS]),
        ("pipeline", "Pipeline", "enumeration", "select", "", [("default", "Sales Pipeline"), ("98100", "Renewals")]),
        ("closedate", "Close Date", "datetime", "date", ""),
        ("dealtype", "Deal Type", "enumeration", "radio", "", [("newbusiness", "New Business"), ("existingbusiness", "Existing Business")]),
        ("description", "Deal Description", "string", "textarea", ""), ("deal_currency_code", "Currency", "enumeration", "select", "", choices("EUR", "USD")),
        ("hs_deal_stage_probability", "Deal probability", "number", "number", "r"), ("hs_is_closed", "Is Deal Closed?", "bool", "booleancheckbox", "r"),
        ("hs_is_closed_won", "Is Closed Won", "bool", "booleancheckbox", "r"), ("hs_projected_amount", "Weighted amount", "number", "number", "r"),
        ("closed_lost_reason", "Closed Lost Reason", "string", "textarea", ""), ("closed_won_reason", "Closed Won Reason", "string", "textarea", ""),
        ("hs_v2_date_entered_current_stage", "Date entered current stage", "datetime", "date", "r"), OWNER,
        ("notes_last_updated", "Last Activity Date", "datetime", "date", "r"), ("renewal_risk", "Renewal risk", "enumeration", "select", "c", choices("low", "high")),
    ],
    "calls": [
        *ENGAGEMENT, ("hs_call_title", "Call Title", "string", "text", ""), ("hs_call_body", "Call notes", "string", "html", ""),
        ("hs_call_direction", "Call direction", "enumeration", "select", "", choices("INBOUND", "OUTBOUND")),
        ("hs_call_duration", "Call duration", "number", "number", ""),
        ("hs_call_disposition", "Call outcome", "enumeration", "select", "", list(CALL_OUTCOMES.items())),
        ("hs_call_status", "Call status", "enumeration", "select", "",
         choices("BUSY", "CALLING_CRM_USER", "CANCELED", "COMPLETED", "CONNECTING", "FAILED", "IN_PROGRESS", "NO_ANSWER", "QUEUED", "RINGING")),
        ("hs_call_from_number", "From Number", "string", "text", ""), ("hs_call_to_number", "To Number", "string", "text", ""),
        ("hs_call_recording_url", "Recording URL", "string", "text", ""),
    ],
    "emails": [
        *ENGAGEMENT, ("hs_email_subject", "Email subject", "string", "text", ""), ("hs_email_text", "Text Body", "string", "textarea", ""),
        ("hs_email_html", "Email Body", "string", "html", ""),
        ("hs_email_direction", "Email Direction", "enumeration", "select", "", choices("EMAIL", "INCOMING_EMAIL", "FORWARDED_EMAIL", "DRAFT_EMAIL")),
        ("hs_email_status", "Email send status", "enumeration", "select", "", choices("BOUNCED", "FAILED", "SCHEDULED", "SENDING", "SENT")),
        ("hs_email_from_email", "From address", "string", "text", "r"), ("hs_email_to_email", "To address", "string", "text", "r"),
        ("hs_email_headers", "Email headers", "string", "text", ""),
    ],
    "meetings": [
        *ENGAGEMENT, ("hs_meeting_title", "Meeting name", "string", "text", ""), ("hs_meeting_body", "Meeting description", "string", "html", ""),
        ("hs_internal_meeting_notes", "Internal notes", "string", "html", ""), ("hs_meeting_location", "Location", "string", "text", ""),
        ("hs_meeting_external_url", "External link", "string", "text", ""),
        ("hs_meeting_start_time", "Meeting start time", "datetime", "date", ""), ("hs_meeting_end_time", "Meeting end time", "datetime", "date", ""),
        ("hs_meeting_outcome", "Meeting outcome", "enumeration", "select", "", choices("SCHEDULED", "COMPLETED", "RESCHEDULED", "NO_SHOW", "CANCELED")),
    ],
    "notes": [
        *ENGAGEMENT, ("hs_note_body", "Note body", "string", "html", ""), ("hs_body_preview", "Body preview", "string", "text", "r"),
        ("hs_attachment_ids", "Attached files", "string", "text", ""),
    ],
    "tasks": [
        *ENGAGEMENT, ("hs_task_subject", "Task Title", "string", "text", ""), ("hs_task_body", "Task Notes", "string", "html", ""),
        ("hs_task_status", "Task Status", "enumeration", "select", "", choices("NOT_STARTED", "IN_PROGRESS", "WAITING", "DEFERRED", "COMPLETED")),
        ("hs_task_priority", "Priority", "enumeration", "select", "", choices("NONE", "LOW", "MEDIUM", "HIGH")),
        ("hs_task_type", "Task Type", "enumeration", "select", "", choices("TODO", "CALL", "EMAIL", "LINKED_IN_CONNECT")),
        ("hs_task_completion_date", "Completed at", "datetime", "date", "r"), ("hs_task_is_all_day", "All day", "bool", "booleancheckbox", ""),
    ],
}


def properties():
    for kind, entries in PROPERTIES.items():
        group = {"contacts": "contactinformation", "companies": "companyinformation", "deals": "dealinformation"}.get(kind, "engagement")
        for place, (name, label, value, field, flags, *options) in enumerate(entries):
            own = "c" in flags
            yield {
                "object": kind, "needed": "n" in flags, "property": {
                    "updatedAt": moment(place, "hs"), "createdAt": moment(0, "hs"), "name": name, "label": label, "type": value,
                    "fieldType": field, "description": "" if own else f"{label} of the record.", "groupName": group,
                    "options": [
                        {"label": text, "value": option, "displayOrder": order, "hidden": False}
                        for order, (option, text) in enumerate(options[0] if options else [])
                    ],
                    **({"referencedObjectType": "OWNER"} if "e" in flags else {}),
                    **({"createdUserId": "88000001", "updatedUserId": "88000001"} if own else {}), "displayOrder": -1 if own else place,
                    "calculated": False, "externalOptions": "e" in flags, "archived": False, "hasUniqueValue": "u" in flags,
                    "hidden": False, **({} if own else {"hubspotDefined": True}),
                    "modificationMetadata": {"archivable": True, "readOnlyDefinition": not own, "readOnlyValue": "r" in flags},
                    "formField": kind == "contacts" and "r" not in flags, "dataSensitivity": "non_sensitive",
                },
            }


def record(kind, number, key, values, modified, links=None):
    """One record with every property of its type, as texts or null."""
    names = [entry[0] for entry in PROPERTIES[kind]]
    created, updated = moment(number, "hs"), moment(number + modified, "hs")
    stamps = {name: created for name in ("createdate", "hs_createdate")} | {
        name: updated for name in ("hs_lastmodifieddate", "lastmodifieddate")
    }
    known = stamps | {"hs_object_id": key, "hs_obj_coords": f"{TYPES[kind]}-{key}"} | values
    assert not set(values) - set(names), (kind, set(values) - set(names))
    address = f"https://app-eu1.hubspot.com/contacts/{PORTAL}/record/{TYPES[kind]}/{key}"
    return {
        "id": key, "properties": {name: known.get(name) for name in names}, "createdAt": created, "updatedAt": updated,
        "archived": False, "url": address, **({"links": links} if links else {}),
    }


def at(days, hours=0):
    return (START + datetime.timedelta(days=days, hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def key(kind, number):
    first, step = {
        "companies": (28700000000, 977), "contacts": (51200000000, 661), "deals": (61500000000, 883), "calls": (70100000000, 551),
        "emails": (70200000000, 557), "meetings": (70300000000, 563), "notes": (70400000000, 569), "tasks": (70500000000, 571),
    }[kind]
    return str(first + number * step)


def companies():
    for n in range(140):
        city, state, code, country = CITIES[n % 7]
        name = COMPANIES[n % 12].lower()
        yield record("companies", n, key("companies", n), {
            "name": company(n), "domain": f"{name}{n}.example.com", "website": None if n % 4 == 0 else f"https://{name}{n}.example.com",
            "phone": None if n % 5 == 0 else f"+49 221 555{n:04d}", "industry": [None, "COMPUTER_SOFTWARE", "TEXTILES", "LOGISTICS_AND_SUPPLY_CHAIN"][n % 4],
            "annualrevenue": None if n % 3 == 0 else str(100000 * n), "numberofemployees": None if n % 4 == 1 else str(n * 3 + 1),
            "address": f"Hafenstraße {n + 1}", "city": city, "state": state, "zip": code, "country": country,
            "lifecyclestage": ["lead", "customer", "opportunity"][n % 3], "hubspot_owner_id": [None, "7700001", "7700002"][n % 3],
            "notes_last_updated": at(n % 80) if n % 2 else None, "delivery_zone": [None, "north", "south"][n % 3],
        }, 700)


def contacts():
    for n in range(240):
        first, last, email = person(n + 3)
        city, state, code, country = CITIES[(n + 1) % 7]
        employer = None if n % 9 == 0 else key("companies", n % 140)
        yield record("contacts", n, key("contacts", n), {
            "email": None if n % 29 == 2 else email, "firstname": first, "lastname": None if n % 31 == 3 else last,
            "phone": None if n % 4 == 0 else f"+44 20 7946 {n:04d}", "mobilephone": None if n % 3 else f"+44 7700 90{n:04d}",
            "jobtitle": TITLES[n % 10], "lifecyclestage": ["subscriber", "lead", "customer"][n % 3],
            "hs_lead_status": [None, "NEW", "IN_PROGRESS"][n % 3], "address": f"{n} Quay Street", "city": city, "state": state,
            "zip": code, "country": country, "company": company(n % 140), "hubspot_owner_id": [None, "7700001", "7700002"][n % 3],
            "associatedcompanyid": employer, "notes_last_updated": at(n % 70) if n % 3 else None,
            "favourite_colour": [None, "teal", "ochre ✨"][n % 3], "customer_tier": [None, "gold", "silver", None][n % 4],
        }, 400, {"companies": [employer]} if employer else None)


def deals():
    for n in range(170):
        pipeline, steps = ("98100", RENEWALS) if n % 6 == 5 else ("default", STAGES)
        stage, _, probability, closed = steps[n * 3 % len(steps)]
        amount = None if n % 13 == 8 else str(1500 * (n + 1)) + ("" if n % 3 else ".50")
        links = {}
        if n % 8:
            links["companies"] = [key("companies", n * 7 % 140)]
        if n % 3:
            links["contacts"] = [key("contacts", n % 240)] + ([key("contacts", (n + 5) % 240)] if n % 5 == 1 else [])
        yield record("deals", n, key("deals", n), {
            "dealname": f"{company(n * 7 % 140)} – {['trial', 'expansion', 'renewal'][n % 3]}", "amount": amount,
            "dealstage": None if n == 77 else stage, "pipeline": None if n == 77 else pipeline,
            "closedate": None if n % 7 == 2 else at(n % 210 + 15), "dealtype": [None, "newbusiness", "existingbusiness"][n % 3],
            "description": "Needs a quote\nin two currencies." if n % 9 == 0 else None, "deal_currency_code": [None, "EUR", "USD"][n % 3],
            "hs_deal_stage_probability": probability, "hs_is_closed": closed, "hs_is_closed_won": "true" if closed == "true" and probability == "1.0" else "false",
            "hs_projected_amount": None if amount is None else str(float(amount) * float(probability)),
            "closed_lost_reason": "Price" if closed == "true" and probability == "0.0" and n % 2 else None,
            "hs_v2_date_entered_current_stage": moment(n + 120, "hs") if n % 2 else None, "hubspot_owner_id": [OWNERS[0], None, OWNERS[2]][n % 3],
            "notes_last_updated": at(n % 75) if n % 4 else None, "renewal_risk": [None, "low", "high"][n % 3],
        }, 650, links)


def linked(n):
    """The records that an activity belongs to."""
    links = {}
    if n % 4 != 3:
        links["contacts"] = [key("contacts", n * 3 % 240)] + ([key("contacts", n * 3 % 240 + 1)] if n % 10 == 0 else [])
    if n % 3 == 1:
        links["companies"] = [key("companies", n % 140)]
    if n % 5 == 2:
        links["deals"] = [key("deals", n % 170)]
    return links


def activity(kind, n, values):
    return record(kind, n, key(kind, n), {
        "hs_timestamp": at(n % 120, n % 9), "hubspot_owner_id": [*OWNERS[:4], None][n % 5], **values,
    }, 90, linked(n))


def calls():
    for n in range(95):
        yield activity("calls", n, {
            "hs_call_title": f"Call about delivery {n}", "hs_call_body": None if n % 4 == 3 else "<p>Asked for a discount &amp; a date.</p>",
            "hs_call_direction": [None, "OUTBOUND", "INBOUND"][n % 3], "hs_call_duration": None if n % 6 == 5 else str(30000 + n * 1500),
            "hs_call_disposition": list(CALL_OUTCOMES)[n % 4], "hs_call_status": ["COMPLETED", "NO_ANSWER", "CANCELED", "QUEUED"][n % 4],
            "hs_call_from_number": f"+44 20 7946 {n:04d}", "hs_call_to_number": "+49 221 5550001",
            "hs_call_recording_url": f"https://recordings.example.com/{n}.mp3" if n % 7 == 0 else None,
        })


def emails():
    for n in range(75):
        first, last, email = person(n + 3)
        yield activity("emails", n, {
            "hs_email_subject": f"Re: offer {n}", "hs_email_text": "Thank you, we will see.", "hs_email_html": None if n % 2 else "<p>Thank you, we will see.</p>",
            "hs_email_direction": ["EMAIL", "INCOMING_EMAIL", "FORWARDED_EMAIL"][n % 3], "hs_email_status": ["SENT", "SCHEDULED", "BOUNCED"][n % 3],
            "hs_email_from_email": "sales@example.com", "hs_email_to_email": email,
            "hs_email_headers": '{"from":{"email":"sales@example.com","firstName":"Tributary","lastName":"Sales"},"to":[{"email":"%s","firstName":"%s","lastName":"%s"}],"cc":[],"bcc":[]}' % (email, first, last),
        })


def meetings():
    for n in range(65):
        yield activity("meetings", n, {
            "hs_timestamp": at(n, n % 8), "hs_meeting_title": ["Kick-off", "Demo", "Review"][n % 3], "hs_meeting_body": None if n % 3 else "Agenda:\n1. Prices",
            "hs_internal_meeting_notes": "Bring samples" if n % 5 == 0 else None, "hs_meeting_location": [None, "Room 4", "Remote"][n % 3],
            "hs_meeting_external_url": f"https://meet.example.com/{n}" if n % 3 == 2 else None, "hs_meeting_start_time": at(n, n % 8),
            "hs_meeting_end_time": at(n, n % 8 + 1), "hs_meeting_outcome": [None, "SCHEDULED", "COMPLETED", "NO_SHOW", "CANCELED"][n % 5],
        })


def notes():
    for n in range(85):
        body = f"<p>They like the blue one.</p><p>Ask again in week {n % 52 + 1}.</p>"
        yield activity("notes", n, {"hs_note_body": body, "hs_body_preview": "They like the blue one."})


def tasks():
    for n in range(120):
        status = ["NOT_STARTED", "IN_PROGRESS", "WAITING", "COMPLETED", "DEFERRED"][n % 5]
        yield activity("tasks", n, {
            "hs_task_subject": f"Follow up with {person(n + 3)[0]}", "hs_task_body": None if n % 3 else "Ask about the <b>quantity</b>.",
            "hs_task_status": status, "hs_task_priority": ["NONE", "LOW", "MEDIUM", "HIGH"][n % 4], "hs_task_type": ["TODO", "CALL", "EMAIL"][n % 3],
            "hs_task_completion_date": moment(n + 60, "hs") if status == "COMPLETED" else None, "hs_task_is_all_day": "false",
        })


def owners():
    for n, owner in enumerate(OWNERS):
        first, last, email = person(n + 50)
        archived = n == 5
        yield {
            "id": owner, "email": email, "type": "PERSON", "firstName": "" if n == 4 else first, "lastName": "" if n == 4 else last,
            "userId": None if archived else 88000001 + n, "userIdIncludingInactive": 88000001 + n, "createdAt": moment(n, "hs"),
            "updatedAt": moment(n + 30, "hs"), "archived": archived,
            **({"teams": [{"id": f"6{n}1", "name": ["North", "South", "Key accounts"][n % 3], "primary": True}]} if n % 2 else {}),
        }


def pipelines():
    for place, (name, label, steps) in enumerate([("default", "Sales Pipeline", STAGES), ("98100", "Renewals", RENEWALS)]):
        created = "1970-01-01T00:00:00Z" if place == 0 else moment(5, "hs")
        yield {
            "label": label, "displayOrder": place, "id": name, "stages": [
                {
                    "label": text, "displayOrder": order, "metadata": {"isClosed": closed, "probability": probability}, "id": stage,
                    "createdAt": created, "updatedAt": created, "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT", "archived": False,
                }
                for order, (stage, text, probability, closed) in enumerate(steps)
            ],
            "createdAt": created, "updatedAt": created, "archived": False,
        }


def write_all():
    for make in (companies, contacts, deals, calls, emails, meetings, notes, tasks, owners, pipelines, properties):
        write(f"hubspot/sandbox/{make.__name__}.ndjson", make())
