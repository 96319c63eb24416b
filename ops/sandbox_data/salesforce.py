"""A Salesforce organisation: users, accounts, contacts, opportunities and their stages, tasks, events, notes, and the
description of each object's fields. Every record has exactly the fields that its object's description names."""

from .people import CITIES, COMPANIES, DEPARTMENTS, START, TITLES, company, moment, person, write

import datetime

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
PREFIX = {
    "User": "005", "Account": "001", "Contact": "003", "Opportunity": "006", "OpportunityStage": "01J", "Task": "00T",
    "Event": "00U", "Note": "002",
}
# MasterLabel, probability, forecast category, closed, won
STAGES = [
    ("Prospecting", 10, "Pipeline", False, False), ("Qualification", 10, "Pipeline", False, False),
    ("Needs Analysis", 20, "Pipeline", False, False), ("Value Proposition", 50, "Pipeline", False, False),
    ("Id. Decision Makers", 60, "Pipeline", False, False), ("Perception Analysis", 70, "Pipeline", False, False),
    ("Proposal/Price Quote", 75, "Best Case", False, False), ("Negotiation/Review", 90, "Commit", False, False),
    ("Closed Won", 100, "Closed", True, True), ("Closed Lost", 0, "Omitted", True, False),
]
LEAD_SOURCES = ["Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Trade Show", "Other"]
TASK_STATUS = ["Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred"]
INDUSTRIES = ["Apparel", "Biotechnology", "Energy", "Electronics", "Transportation", "Technology", "Other"]


def suffix(text):
    """The three letters that make a 15-character id safe where case is lost."""
    result = ""
    for start in (0, 5, 10):
        bits = sum(1 << place for place, letter in enumerate(text[start:start + 5]) if letter.isupper())
        result += "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits]
    return text + result


def key(table, number):
    tail, value = "", number * 7919 + 4099
    for _ in range(7):
        tail = ALPHABET[value % 62] + tail
        value //= 62
    return suffix(f"{PREFIX[table]}Tr0000{tail[-6:]}"[:15])


def day(number):
    return (START + datetime.timedelta(days=number)).strftime("%Y-%m-%d")


# Fields: name, label, type, and flags: r read-only, k only on create, n required, x defaulted on create, f not filterable; then extras.
def address(kind):
    return [
        (f"{kind}Street", f"{kind} Street", "textarea", "", 255), (f"{kind}City", f"{kind} City", "string", "", 40),
        (f"{kind}State", f"{kind} State/Province", "string", "", 80),
        (f"{kind}PostalCode", f"{kind} Zip/Postal Code", "string", "", 20),
        (f"{kind}Country", f"{kind} Country", "string", "", 80),
    ]


def stamps():
    return [
        ("CreatedDate", "Created Date", "datetime", "rx"), ("LastModifiedDate", "Last Modified Date", "datetime", "rx"),
        ("SystemModstamp", "System Modstamp", "datetime", "rx"),
    ]


OBJECTS = {
    "Account": ("Accounts", [
        ("Id", "Account ID", "id", "rx"), ("IsDeleted", "Deleted", "boolean", "rx"),
        ("MasterRecordId", "Master Record ID", "reference", "r", "Account"), ("Name", "Account Name", "string", "n", 255),
        ("Type", "Account Type", "picklist", "", ["Prospect", "Customer - Direct", "Customer - Channel", "Technology Partner"]),
        ("ParentId", "Parent Account ID", "reference", "", "Account"), *address("Billing"),
        ("BillingAddress", "Billing Address", "address", "rf"), *address("Shipping"),
        ("Phone", "Account Phone", "phone", "", 40), ("Fax", "Account Fax", "phone", "", 40),
        ("AccountNumber", "Account Number", "string", "", 40), ("Website", "Website", "url", "", 255),
        ("Industry", "Industry", "picklist", "", INDUSTRIES), ("AnnualRevenue", "Annual Revenue", "currency", "", 18),
        ("NumberOfEmployees", "Employees", "int", "", 8), ("Description", "Account Description", "textarea", "f", 32000),
        ("OwnerId", "Owner ID", "reference", "x", "User"), *stamps(),
        ("LastActivityDate", "Last Activity", "date", "r"),
        ("Revenue_Tier__c", "Revenue Tier", "picklist", "c", ["Gold", "Silver", "Bronze"]),
    ]),
    "Contact": ("Contacts", [
        ("Id", "Contact ID", "id", "rx"), ("IsDeleted", "Deleted", "boolean", "rx"),
        ("MasterRecordId", "Master Record ID", "reference", "r", "Contact"),
        ("AccountId", "Account ID", "reference", "", "Account"), ("LastName", "Last Name", "string", "n", 80),
        ("FirstName", "First Name", "string", "", 40),
        ("Salutation", "Salutation", "picklist", "", ["Mr.", "Ms.", "Mrs.", "Dr.", "Prof."]),
        ("Name", "Full Name", "string", "r", 121), *address("Other"), *address("Mailing"),
        ("Phone", "Business Phone", "phone", "", 40), ("Fax", "Business Fax", "phone", "", 40),
        ("MobilePhone", "Mobile Phone", "phone", "", 40), ("HomePhone", "Home Phone", "phone", "", 40),
        ("Email", "Email", "email", "", 80), ("Title", "Title", "string", "", 128),
        ("Department", "Department", "string", "", 80), ("LeadSource", "Lead Source", "picklist", "", LEAD_SOURCES),
        ("Birthdate", "Birthdate", "date", ""), ("Description", "Contact Description", "textarea", "f", 32000),
        ("OwnerId", "Owner ID", "reference", "x", "User"),
        ("HasOptedOutOfEmail", "Email Opt Out", "boolean", "x"), ("DoNotCall", "Do Not Call", "boolean", "x"), *stamps(),
        ("LastActivityDate", "Last Activity", "date", "r"),
        ("Languages__c", "Languages", "multipicklist", "c", ["English", "French", "German", "Portuguese"]),
        ("Customer_Tier__c", "Customer Tier", "picklist", "c", ["gold", "silver", "bronze"]),
    ]),
    "Opportunity": ("Opportunities", [
        ("Id", "Opportunity ID", "id", "rx"), ("IsDeleted", "Deleted", "boolean", "rx"),
        ("AccountId", "Account ID", "reference", "", "Account"), ("IsPrivate", "Private", "boolean", "x"),
        ("Name", "Name", "string", "n", 120), ("Description", "Description", "textarea", "f", 32000),
        ("StageName", "Stage", "picklist", "n", [stage[0] for stage in STAGES]), ("Amount", "Amount", "currency", "", 18),
        ("Probability", "Probability (%)", "percent", "", 3), ("ExpectedRevenue", "Expected Amount", "currency", "r", 18),
        ("CloseDate", "Close Date", "date", "n"),
        ("Type", "Opportunity Type", "picklist", "", ["Existing Customer - Upgrade", "Existing Customer - Replacement", "New Customer"]),
        ("NextStep", "Next Step", "string", "", 255), ("LeadSource", "Lead Source", "picklist", "", LEAD_SOURCES),
        ("IsClosed", "Closed", "boolean", "rx"), ("IsWon", "Won", "boolean", "rx"),
        ("ForecastCategory", "Forecast Category", "picklist", "rx", ["Omitted", "Pipeline", "BestCase", "Forecast", "Closed"]),
        ("ForecastCategoryName", "Forecast Category", "picklist", "", ["Omitted", "Pipeline", "Best Case", "Commit", "Closed"]),
        ("OwnerId", "Owner ID", "reference", "x", "User"), ("ContactId", "Contact ID", "reference", "k", "Contact"), *stamps(),
        ("LastActivityDate", "Last Activity", "date", "r"), ("LastStageChangeDate", "Last Stage Change Date", "datetime", "r"),
        ("Renewal_Risk__c", "Renewal Risk", "picklist", "c", ["Low", "Medium", "High"]),
    ]),
    "Task": ("Tasks", [
        ("Id", "Activity ID", "id", "rx"), ("WhoId", "Name ID", "reference", "", ["Contact", "Lead"]),
        ("WhatId", "Related To ID", "reference", "", ["Account", "Opportunity"]), ("Subject", "Subject", "combobox", "", 255),
        ("ActivityDate", "Due Date Only", "date", ""), ("Status", "Status", "picklist", "x", TASK_STATUS),
        ("Priority", "Priority", "picklist", "x", ["High", "Normal", "Low"]), ("IsHighPriority", "High Priority", "boolean", "rx"),
        ("OwnerId", "Assigned To ID", "reference", "x", "User"), ("Description", "Description", "textarea", "f", 32000),
        ("IsDeleted", "Deleted", "boolean", "rx"), ("AccountId", "Account ID", "reference", "r", "Account"),
        ("IsClosed", "Closed", "boolean", "rx"), ("CallDurationInSeconds", "Call Duration", "int", "", 8),
        ("CallType", "Call Type", "picklist", "", ["Internal", "Inbound", "Outbound"]),
        ("CallDisposition", "Call Result", "string", "", 255),
        ("TaskSubtype", "Task Subtype", "picklist", "", ["Task", "Email", "ListEmail", "Cadence", "Call"]),
        ("CompletedDateTime", "Completed Date", "datetime", "r"), *stamps(),
    ]),
    "Event": ("Events", [
        ("Id", "Activity ID", "id", "rx"), ("WhoId", "Name ID", "reference", "", ["Contact", "Lead"]),
        ("WhatId", "Related To ID", "reference", "", ["Account", "Opportunity"]), ("Subject", "Subject", "combobox", "", 255),
        ("Location", "Location", "string", "", 255), ("IsAllDayEvent", "All-Day Event", "boolean", "x"),
        ("ActivityDateTime", "Due Date Time", "datetime", ""), ("ActivityDate", "Due Date Only", "date", ""),
        ("DurationInMinutes", "Duration", "int", "", 8), ("StartDateTime", "Start Date Time", "datetime", ""),
        ("EndDateTime", "End Date Time", "datetime", ""), ("Description", "Description", "textarea", "f", 32000),
        ("AccountId", "Account ID", "reference", "r", "Account"), ("OwnerId", "Assigned To ID", "reference", "x", "User"),
        ("IsPrivate", "Private", "boolean", "x"),
        ("ShowAs", "Show Time As", "picklist", "x", ["Busy", "OutOfOffice", "Free"]), ("IsDeleted", "Deleted", "boolean", "rx"),
        ("EventSubtype", "Event Subtype", "picklist", "x", ["Event"]), *stamps(),
    ]),
    "Note": ("Notes", [
        ("Id", "Note Id", "id", "rx"), ("IsDeleted", "Deleted", "boolean", "rx"),
        ("ParentId", "Parent ID", "reference", "n", ["Account", "Contact", "Opportunity"]), ("Title", "Title", "string", "n", 80),
        ("IsPrivate", "Private", "boolean", "x"), ("Body", "Body", "textarea", "f", 32000),
        ("OwnerId", "Owner ID", "reference", "x", "User"), *stamps(),
    ]),
    "User": ("Users", [
        ("Id", "User ID", "id", "rx"), ("Username", "Username", "string", "n", 80), ("LastName", "Last Name", "string", "n", 80),
        ("FirstName", "First Name", "string", "", 40), ("Name", "Full Name", "string", "r", 121),
        ("Title", "Title", "string", "", 80), ("Department", "Department", "string", "", 80), ("Email", "Email", "email", "n", 128),
        ("Phone", "Phone", "phone", "", 40), ("MobilePhone", "Mobile", "phone", "", 40), ("IsActive", "Active", "boolean", "x"),
        ("TimeZoneSidKey", "Time Zone", "picklist", "n", ["Europe/Lisbon", "America/Chicago", "Europe/Berlin"]),
        ("LanguageLocaleKey", "Language", "picklist", "n", ["en_US", "de", "pt_PT"]),
        ("ManagerId", "Manager ID", "reference", "", "User"), ("UserRoleId", "Role ID", "reference", "", "UserRole"),
        ("ProfileId", "Profile ID", "reference", "n", "Profile"), *stamps(),
    ]),
    "OpportunityStage": ("Opportunity Stages", [
        ("Id", "Opportunity Stage ID", "id", "rx"), ("MasterLabel", "Master Label", "string", "r", 255),
        ("ApiName", "API Name", "string", "r", 255), ("IsActive", "Is Active", "boolean", "rx"),
        ("SortOrder", "Sort Order", "int", "r", 8), ("IsClosed", "Closed", "boolean", "rx"), ("IsWon", "Won", "boolean", "rx"),
        ("ForecastCategory", "Forecast Category", "picklist", "r", ["Omitted", "Pipeline", "BestCase", "Forecast", "Closed"]),
        ("ForecastCategoryName", "Forecast Category Name", "picklist", "r", ["Omitted", "Pipeline", "Best Case", "Commit", "Closed"]),
        ("DefaultProbability", "Probability (%)", "percent", "r", 3), ("Description", "Description", "string", "r", 255), *stamps(),
    ]),
}
SOAP = {
    "id": "tns:ID", "reference": "tns:ID", "boolean": "xsd:boolean", "int": "xsd:int", "currency": "xsd:double",
    "percent": "xsd:double", "date": "xsd:date", "datetime": "xsd:dateTime", "address": "urn:address",
}


def described(name, label, kind, flags="", extra=None):
    """One entry of a describe call's `fields`."""
    options = extra if isinstance(extra, list) and kind in ("picklist", "multipicklist") else []
    targets = [] if kind != "reference" else extra if isinstance(extra, list) else [extra]
    number = kind in ("currency", "percent", "int")
    length = 18 if kind in ("id", "reference") else 255 if options else 0 if number or not isinstance(extra, int) else extra
    writable = "r" not in flags
    return {
        "aggregatable": not number and kind != "boolean", "aiPredictionField": False, "autoNumber": False,
        "byteLength": 3 * length, "calculated": False, "calculatedFormula": None, "cascadeDelete": False,
        "caseSensitive": False, "compoundFieldName": None, "controllerName": None, "createable": writable,
        "custom": "c" in flags, "defaultValue": False if kind == "boolean" else None, "defaultValueFormula": None,
        "defaultedOnCreate": "x" in flags, "dependentPicklist": False, "deprecatedAndHidden": False,
        "digits": extra if kind == "int" else 0, "displayLocationInDecimal": False, "encrypted": False, "externalId": False,
        "extraTypeInfo": None, "filterable": "f" not in flags, "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False, "groupable": not number, "highScaleNumber": False, "htmlFormatted": False,
        "idLookup": kind in ("id", "email"), "inlineHelpText": None, "label": label, "length": length, "mask": None,
        "maskType": None, "name": name, "nameField": name == "Name", "namePointing": len(targets) > 1,
        "nillable": not ("n" in flags or "x" in flags), "permissionable": writable and "n" not in flags,
        "picklistValues": [
            {"active": True, "defaultValue": False, "label": option, "validFor": None, "value": option} for option in options
        ],
        "polymorphicForeignKey": len(targets) > 1, "precision": extra if kind in ("currency", "percent") else 0,
        "queryByDistance": False, "referenceTargetField": None, "referenceTo": targets,
        "relationshipName": name[:-2] if targets else None, "relationshipOrder": None, "restrictedDelete": False,
        "restrictedPicklist": kind == "multipicklist" or "c" in flags and bool(options), "scale": 2 if kind == "currency" else 0,
        "searchPrefilterable": False, "soapType": SOAP.get(kind, "xsd:string"), "sortable": "f" not in flags, "type": kind,
        "unique": False, "updateable": writable and "k" not in flags, "writeRequiresMasterRead": False,
    }


def users():
    for n in range(12):
        first, last, email = person(n + 50)
        yield {
            "Id": key("User", n), "Username": email.replace("example.com", "tributary-demo.example.com"), "LastName": last,
            "FirstName": None if n == 9 else first, "Name": last if n == 9 else f"{first} {last}", "Title": TITLES[n % 10],
            "Department": DEPARTMENTS[n % 5], "Email": email, "Phone": f"+1 512 555 9{n:03d}" if n % 2 else None,
            "MobilePhone": None, "IsActive": n != 8,
            "TimeZoneSidKey": ["Europe/Lisbon", "America/Chicago", "Europe/Berlin"][n % 3],
            "LanguageLocaleKey": ["en_US", "en_US", "de", "pt_PT"][n % 4], "ManagerId": None if n == 0 else key("User", n // 4),
            "UserRoleId": f"00ETr0000000{n % 3:03d}" if n % 4 else None, "ProfileId": "00eTr0000000001",
            "CreatedDate": moment(n, "sf"), "LastModifiedDate": moment(n + 40, "sf"), "SystemModstamp": moment(n + 40, "sf"),
        }


def accounts():
    for n in range(120):
        city, state, code, country = CITIES[n % 7]
        street = f"{n + 1} Harbor Road\nSuite {n % 9 + 1}"
        yield {
            "Id": key("Account", n), "IsDeleted": False, "MasterRecordId": None, "Name": company(n),
            "Type": [None, "Prospect", "Customer - Direct", "Customer - Channel"][n % 4],
            "ParentId": key("Account", n - 12) if n % 12 == 5 and n > 12 else None,
            "BillingStreet": street, "BillingCity": city, "BillingState": state, "BillingPostalCode": code,
            "BillingCountry": country,
            "BillingAddress": {
                "city": city, "country": country, "geocodeAccuracy": None, "latitude": None, "longitude": None,
                "postalCode": code, "state": state, "street": street,
            },
            "ShippingStreet": None, "ShippingCity": None, "ShippingState": None, "ShippingPostalCode": None,
            "ShippingCountry": None, "Phone": f"(512) 555-{n:04d}", "Fax": None,
            "AccountNumber": f"CC{700000 + n}", "Website": f"www.{COMPANIES[n % 12].lower()}{n}.example.com",
            "Industry": ["Transportation", "Apparel", None, "Biotechnology", "Energy"][n % 5],
            "AnnualRevenue": None if n % 6 == 0 else 125000.5 * n, "NumberOfEmployees": None if n % 5 == 0 else 10 * n,
            "Description": None if n % 3 else "Says “yes” & means it.\nSecond line.",
            "OwnerId": key("User", n % 5), "CreatedDate": moment(n, "sf"), "LastModifiedDate": moment(n + 500, "sf"),
            "SystemModstamp": moment(n + 500, "sf"), "LastActivityDate": day(n % 90) if n % 4 else None,
            "Revenue_Tier__c": ["Gold", "Silver", None][n % 3],
        }


def contacts():
    for n in range(230):
        first, last, email = person(n)
        city, state, code, country = CITIES[(n + 3) % 7]
        yield {
            "Id": key("Contact", n), "IsDeleted": False, "MasterRecordId": None,
            "AccountId": None if n % 11 == 0 else key("Account", n % 120), "LastName": last,
            "FirstName": None if n % 23 == 7 else first, "Salutation": [None, "Ms.", "Mr.", "Dr."][n % 4],
            "Name": last if n % 23 == 7 else f"{first} {last}",
            "OtherStreet": None, "OtherCity": None, "OtherState": None, "OtherPostalCode": None, "OtherCountry": None,
            "MailingStreet": f"{n} Lindenweg", "MailingCity": city, "MailingState": state, "MailingPostalCode": code,
            "MailingCountry": country, "Phone": f"+1 512 555 {n:04d}" if n % 4 else None, "Fax": None,
            "MobilePhone": f"+351 910 000 {n:03d}" if n % 3 == 0 else None, "HomePhone": None,
            "Email": None if n % 17 == 4 else email, "Title": TITLES[n % 10], "Department": DEPARTMENTS[n % 5],
            "LeadSource": ["Web", None, "Partner Referral", "Trade Show"][n % 4],
            "Birthdate": f"19{60 + n % 40}-{n % 12 + 1:02d}-{n % 28 + 1:02d}" if n % 5 == 0 else None,
            "Description": None, "OwnerId": key("User", n % 5), "HasOptedOutOfEmail": n % 13 == 0, "DoNotCall": n % 19 == 0,
            "CreatedDate": moment(n, "sf"), "LastModifiedDate": moment(n + 300, "sf"),
            "SystemModstamp": moment(n + 300, "sf"), "LastActivityDate": day(n % 100) if n % 3 else None,
            "Languages__c": ["German", "English;French", None][n % 3], "Customer_Tier__c": ["gold", "silver", None, None][n % 4],
        }


def stages():
    for n, (label, probability, category, closed, won) in enumerate(STAGES):
        yield {
            "Id": key("OpportunityStage", n), "MasterLabel": label, "ApiName": label, "IsActive": True, "SortOrder": n + 1,
            "IsClosed": closed, "IsWon": won, "ForecastCategory": {"Best Case": "BestCase", "Commit": "Forecast"}.get(category, category),
            "ForecastCategoryName": category, "DefaultProbability": probability, "Description": None,
            "CreatedDate": moment(0, "sf"), "LastModifiedDate": moment(0, "sf"), "SystemModstamp": moment(0, "sf"),
        }


def opportunities():
    for n in range(180):
        stage, probability, category, closed, won = STAGES[n * 3 % 10]
        amount = None if n % 14 == 9 else 1250.75 * (n + 1)
        yield {
            "Id": key("Opportunity", n), "IsDeleted": False, "AccountId": None if n % 19 == 3 else key("Account", n * 5 % 120),
            "IsPrivate": False, "Name": f"{company(n * 5 % 120)} – {['pilot', 'rollout', 'renewal'][n % 3]} {2026 + n % 2}",
            "Description": "Wants an answer\nbefore summer." if n % 8 == 0 else None, "StageName": stage, "Amount": amount,
            "Probability": probability, "ExpectedRevenue": None if amount is None else amount * probability / 100,
            "CloseDate": day(n % 200 + 20), "Type": [None, "New Customer", "Existing Customer - Upgrade"][n % 3],
            "NextStep": "Send the draft contract" if n % 6 == 0 else None, "LeadSource": [None, *LEAD_SOURCES][n % 7],
            "IsClosed": closed, "IsWon": won,
            "ForecastCategory": {"Best Case": "BestCase", "Commit": "Forecast"}.get(category, category),
            "ForecastCategoryName": category, "OwnerId": key("User", n % 5),
            "ContactId": key("Contact", n % 230) if n % 4 == 1 else None, "CreatedDate": moment(n, "sf"),
            "LastModifiedDate": moment(n + 600, "sf"), "SystemModstamp": moment(n + 600, "sf"),
            "LastActivityDate": day(n % 60) if n % 2 else None,
            "LastStageChangeDate": moment(n + 200, "sf") if n % 3 else None, "Renewal_Risk__c": [None, "Low", "High", "Medium"][n % 4],
        }


def tasks():
    """Tasks, and the calls and mails that are tasks of another subtype."""
    for n in range(260):
        kind = ["Task", "Call", "Task", "Email", "Task"][n % 5]
        status = "Completed" if kind != "Task" else TASK_STATUS[n // 5 % 5]
        done = status == "Completed"
        yield {
            "Id": key("Task", n), "WhoId": None if n % 7 == 3 else key("Contact", n * 3 % 230),
            "WhatId": None if n % 3 == 0 else key("Opportunity", n % 180) if n % 3 == 1 else key("Account", n % 120),
            "Subject": {"Task": "Send the offer", "Call": "Call", "Email": "Email: Your visit"}[kind] + ("" if n % 4 else " ✓"),
            "ActivityDate": None if n % 13 == 5 else day(n % 120), "Status": status,
            "Priority": ["Normal", "High", "Low"][n % 3], "IsHighPriority": n % 3 == 1, "OwnerId": key("User", n % 5),
            "Description": None if n % 2 else "Talked about the delivery dates.\nTo be continued.", "IsDeleted": False,
            "AccountId": None if n % 3 == 0 else key("Account", n % 120), "IsClosed": done,
            "CallDurationInSeconds": 60 + n if kind == "Call" else None,
            "CallType": ["Outbound", "Inbound", "Internal"][n // 5 % 3] if kind == "Call" else None,
            "CallDisposition": "Left a message" if kind == "Call" and n % 2 else None, "TaskSubtype": kind,
            "CompletedDateTime": moment(n + 120, "sf") if done else None, "CreatedDate": moment(n, "sf"),
            "LastModifiedDate": moment(n + 250, "sf"), "SystemModstamp": moment(n + 250, "sf"),
        }


def events():
    for n in range(110):
        whole = n % 10 == 4
        start = START + datetime.timedelta(days=n, hours=n % 8)
        yield {
            "Id": key("Event", n), "WhoId": None if n % 5 == 2 else key("Contact", n * 2 % 230),
            "WhatId": key("Opportunity", n % 180) if n % 2 else None, "Subject": ["Meeting", "Demo", "Site visit"][n % 3],
            "Location": [None, "Room 4", "https://meet.example.com/abc"][n % 3], "IsAllDayEvent": whole,
            "ActivityDateTime": None if whole else start.strftime("%Y-%m-%dT%H:%M:%S.000+0000"), "ActivityDate": start.strftime("%Y-%m-%d"),
            "DurationInMinutes": 1440 if whole else 30 + n % 4 * 15, "StartDateTime": start.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
            "EndDateTime": (start + datetime.timedelta(minutes=30 + n % 4 * 15)).strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
            "Description": None if n % 3 else "Agenda:\n1. Prices", "AccountId": key("Account", n * 5 % 120) if n % 2 else None,
            "OwnerId": key("User", n % 5), "IsPrivate": False, "ShowAs": "Busy", "IsDeleted": False, "EventSubtype": "Event",
            "CreatedDate": moment(n, "sf"), "LastModifiedDate": moment(n + 100, "sf"), "SystemModstamp": moment(n + 100, "sf"),
        }


def notes():
    for n in range(90):
        parent = [key("Contact", n % 230), key("Account", n % 120), key("Opportunity", n % 180)][n % 3]
        yield {
            "Id": key("Note", n), "IsDeleted": False, "ParentId": parent, "Title": f"Notes of week {n % 52 + 1}",
            "IsPrivate": n % 9 == 0, "Body": None if n % 11 == 7 else "They like the blue one.\nAsk again in May — “perhaps”.",
            "OwnerId": key("User", n % 5), "CreatedDate": moment(n, "sf"), "LastModifiedDate": moment(n + 80, "sf"),
            "SystemModstamp": moment(n + 80, "sf"),
        }


TABLES = {
    "User": ("users", users), "Account": ("accounts", accounts), "Contact": ("contacts", contacts),
    "Opportunity": ("opportunities", opportunities), "OpportunityStage": ("stages", stages), "Task": ("tasks", tasks),
    "Event": ("events", events), "Note": ("notes", notes),
}


def write_all():
    descriptions = []
    for table, (name, make) in TABLES.items():
        plural, fields = OBJECTS[table]
        records = list(make())
        for record in records:
            assert set(record) == {field[0] for field in fields}, (table, set(record) ^ {field[0] for field in fields})
        write(f"salesforce/sandbox/{name}.ndjson", records)
        label = " ".join(plural.split()) if table == "OpportunityStage" else table
        descriptions.append({
            "name": table, "label": label, "labelPlural": plural, "keyPrefix": PREFIX[table],
            "createable": table not in ("OpportunityStage",), "fields": [described(*field) for field in fields],
        })
    write("salesforce/sandbox/objects.ndjson", descriptions)
