"""Reads and writes contacts with the simple-salesforce SDK; only the host and the token come from outside.

SDK_HOST: host and path without scheme, such as localhost:7503 or localhost:7444/proxy/@account.
SDK_TOKEN: a session id of the vendor, or an API key of ours.
REQUESTS_CA_BUNDLE: the development authority.
"""

import os

from simple_salesforce import Salesforce, exceptions

client = Salesforce(instance=os.environ["SDK_HOST"], session_id=os.environ["SDK_TOKEN"], version="66.0")

first = client.query("SELECT Id, FirstName, LastName, Email FROM Contact ORDER BY Id LIMIT 5")
assert first["totalSize"] == 5 and first["done"] is True, first
assert all(record["attributes"]["type"] == "Contact" for record in first["records"])

everything = client.query_all("SELECT Id FROM Contact")
ids = [record["Id"] for record in everything["records"]]
assert len(ids) == len(set(ids)) == everything["totalSize"] > 200, len(ids)

# A small batch makes the SDK follow nextRecordsUrl.
paged = client.query("SELECT Id FROM Contact ORDER BY Id", headers={"Sforce-Query-Options": "batchSize=200"})
seen = [record["Id"] for record in paged["records"]]
while not paged["done"]:
    paged = client.query_more(paged["nextRecordsUrl"], identifier_is_url=True)
    seen += [record["Id"] for record in paged["records"]]
assert sorted(seen) == sorted(ids), (len(seen), len(ids))

contact = client.Contact.get(ids[0])
assert contact["Id"] == ids[0] and "LastName" in contact

for attempt, expected in (
    (lambda: client.query("SELECT Nope FROM Contact"), exceptions.SalesforceMalformedRequest),
    (lambda: client.Contact.get("003000000000000AAA"), exceptions.SalesforceResourceNotFound),
):
    try:
        attempt()
        raise SystemExit("an error was expected")
    except expected as error:
        assert error.content[0]["errorCode"] in ("INVALID_FIELD", "NOT_FOUND"), error.content

# Make one, change it, take it away.
made = client.Contact.create({"LastName": "Okafor", "Email": "sdk.okafor@example.com", "AccountId": None})
assert made["success"] is True and made["errors"] == [] and len(made["id"]) == 18, made
assert client.Contact.update(made["id"], {"FirstName": "Nadia"}) == 204
changed = client.Contact.get(made["id"])
assert (changed["FirstName"], changed["LastName"], changed["Name"]) == ("Nadia", "Okafor", "Nadia Okafor"), changed
try:
    client.Contact.create({"FirstName": "Nobody"})
    raise SystemExit("an error was expected")
except exceptions.SalesforceMalformedRequest as error:
    assert error.content[0]["errorCode"] == "REQUIRED_FIELD_MISSING" and error.content[0]["fields"] == ["LastName"], error.content
try:
    client.Contact.update(made["id"], {"Customer_Tier__c": "tin"})
    raise SystemExit("an error was expected")
except exceptions.SalesforceMalformedRequest as error:
    assert error.content[0]["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", error.content
assert client.Contact.delete(made["id"]) == 204
try:
    client.Contact.get(made["id"])
    raise SystemExit("an error was expected")
except exceptions.SalesforceResourceNotFound as error:
    assert error.content[0]["errorCode"] == "ENTITY_IS_DELETED", error.content

names = {field["name"] for field in client.Contact.describe()["fields"]}
assert {"LastName", "Email", "Customer_Tier__c"} <= names, names

print(f"ok: {len(ids)} contacts")
