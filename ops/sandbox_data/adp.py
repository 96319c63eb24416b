"""Workers of a simulated ADP client."""

import hashlib

from sandbox_data.people import CITIES, DEPARTMENTS, TITLES, person, write


def coded(code, name=None):
    return {"codeValue": code, "shortName": name or code}


def phone(kind, number, item):
    return {
        "nameCode": coded(kind), "countryDialing": "1", "areaDialing": "973", "dialNumber": f"555{number:04d}", "access": "1",
        "formattedNumber": f"(973) 555-{number:04d}", "itemID": item,
    }


def write_all():
    def oid(n):
        digits = hashlib.sha256(f"worker {n}".encode()).digest()
        return "G" + "".join("ABCDEFGHJKLMNPQRSTUVWXYZ23456789"[digit % 32] for digit in digits[:15])

    units = [("10", "Business Unit", "North"), ("20", "Business Unit", "South")]
    workers = []
    for n in range(235):
        first, last, email = person(n + 31)
        boss = n // 7
        boss_first, boss_last, _ = person(boss + 31)
        is_gone = n % 41 == 40
        hired = f"20{8 + n % 18:02d}-{n % 12 + 1:02d}-{n % 28 + 1:02d}"

        def assignment(m, primary):
            department = DEPARTMENTS[(n + m) % 5]
            unit = units[(n + m) % 2]
            homes = [
                {"nameCode": coded(unit[0], unit[2]), "typeCode": coded(unit[1])},
                {"nameCode": coded(f"0{(n + m) % 5 + 1}0", department), "typeCode": coded("Department")},
            ]
            city, state, code, _ = CITIES[1]
            salaried = n % 3 != 1
            pay = (
                {"payPeriodRateAmount": {"nameCode": coded("B", "Bi-weekly"), "amountValue": 2000 + 12.5 * n, "currencyCode": "USD"}}
                if salaried
                else {"hourlyRateAmount": {"nameCode": coded("H", "Hourly"), "amountValue": 18.25 + n % 20, "currencyCode": "USD"}}
            )
            return {
                "itemID": f"{1000 + n}_{m + 4}", "primaryIndicator": primary, "hireDate": hired, "actualStartDate": hired,
                "assignmentStatus": {"statusCode": coded("T", "Terminated") if is_gone else coded("L", "Leave") if n % 29 == 3 else coded("A", "Active")},
                "workerTypeCode": [coded("F", "Full Time"), coded("P", "Part Time"), coded("C", "Contractor")][(n + m) % 3],
                "jobCode": coded(f"J{n % 10:02d}", TITLES[(n + m) % 10]), "jobTitle": TITLES[(n + m) % 10],
                "payCycleCode": coded("B", "Bi-Weekly"), "standardHours": {"hoursQuantity": 40 if n % 4 else 24, "unitCode": coded("W", "Weekly")},
                "fullTimeEquivalenceRatio": 1 if n % 4 else 0.6,
                "homeOrganizationalUnits": homes, "assignedOrganizationalUnits": homes,
                "homeWorkLocation": {
                    "nameCode": coded(f"L{n % 4}", f"Site {n % 4 + 1}"),
                    "address": {
                        "lineOne": f"{n % 4 + 1} Quarry Lane", "cityName": city,
                        "countrySubdivisionLevel1": {"subdivisionType": "StateTerritory", "codeValue": state, "shortName": state},
                        "countryCode": "US", "postalCode": code,
                    },
                },
                "baseRemuneration": dict(pay, effectiveDate="2026-01-01"),
                "managementPositionIndicator": n < 34, "positionID": f"1W6{n:06d}{m}",
                **({"terminationDate": "2026-05-29"} if is_gone else {}),
                "reportsTo": [] if n == 0 else [{
                    "associateOID": oid(boss), "workerID": {"idValue": f"{boss + 14:010d}", "schemeCode": coded("UNKNOWN")},
                    "positionID": f"1W6{boss:06d}0", "reportsToWorkerName": {"formattedName": f"{boss_last}, {boss_first}"},
                }],
            }

        # Who has two positions has the primary one second, as happens in the vendor's own data.
        jobs = [assignment(1, False), assignment(0, True)] if n % 12 == 5 else [assignment(0, True)]
        workers.append({
            "associateOID": oid(n), "workerID": {"idValue": f"{n + 14:010d}"},
            "person": {
                "governmentIDs": [{
                    "itemID": f"{1000 + n}_4", "idValue": f"XXX-XX-{n:04d}", "nameCode": {"codeValue": "SSN", "longName": "Social Security Number"},
                    "countryCode": "US",
                }],
                "legalName": {
                    "givenName": first, "familyName1": last, "formattedName": f"{last}, {first}",
                    **({"nickName": first[:3]} if n % 6 == 0 else {}), **({"middleName": "J"} if n % 9 == 0 else {}),
                },
                "birthDate": f"0000-{n % 12 + 1:02d}-{n % 28 + 1:02d}" if n % 5 == 0 else f"19{60 + n % 40}-{n % 12 + 1:02d}-{n % 28 + 1:02d}",
                "legalAddress": {
                    "nameCode": coded("Personal Address 1"), "lineOne": f"{n + 1} Birch Avenue", "cityName": "Montclair",
                    "countrySubdivisionLevel1": {"subdivisionType": "StateTerritory", "codeValue": "NJ", "shortName": "New Jersey"},
                    "countryCode": "US", "postalCode": f"07{n:03d}",
                },
                "communication": {
                    "mobiles": [phone("Personal Cell", n, f"{44000 + n}_64")] if n % 3 == 0 else [],
                    "emails": [{"nameCode": coded("Personal E-mail"), "emailUri": f"home{n}@example.org"}] if n % 4 == 0 else [],
                },
                "genderCode": [coded("F", "Female"), coded("M", "Male"), coded("N", "Not Specified")][n % 3],
                "maritalStatusCode": [coded("S", "Single"), coded("M", "Married"), coded("D", "Divorced")][n % 3],
                "disabledIndicator": False,
                "customFieldGroup": {
                    "codeFields": [{"itemID": f"13916_{n}", **coded("L - Large"), "nameCode": coded("T-Shirt Size")}] if n % 2 else [],
                },
            },
            "workerDates": {"originalHireDate": hired, **({"terminationDate": "2026-05-29"} if is_gone else {})},
            "workerStatus": {"statusCode": {"codeValue": "Terminated" if is_gone else "Active"}},
            "businessCommunication": {
                "landlines": [phone("Work Phone", 1000 + n, f"{99000 + n}_983")] if n % 2 == 0 else [],
                "emails": [{"itemID": f"{99000 + n}_985", "nameCode": coded("Work E-mail"), "emailUri": email}],
            },
            "customFieldGroup": {
                "stringFields": [{"itemID": f"2610_{n}", "stringValue": f"Locker {n}", "nameCode": coded("Locker")}],
                "indicatorFields": [{"itemID": f"2611_{n}", "indicatorValue": n % 5 == 0, "nameCode": coded("First aider")}],
            },
            "workAssignments": jobs,
        })
    write("adp/sandbox/workers.ndjson", workers)
