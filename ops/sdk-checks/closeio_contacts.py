"""Reads and writes contacts with the closeio SDK; only the base URL and the key come from outside.

SDK_URL: the API's base, such as https://localhost:7500/api/v1/ or .../proxy/@account/-/... of ours.
SDK_KEY: an API key of the vendor, or one of ours.
REQUESTS_CA_BUNDLE: the development authority.
"""

import os

from closeio_api import APIError, Client

client = Client(os.environ["SDK_KEY"])
client.base_url = os.environ["SDK_URL"]
# It does not ask the environment for authorities.
client.verify = os.environ["REQUESTS_CA_BUNDLE"]

me = client.get("me")
assert me["email"], me

contacts, skip = [], 0
while True:
    page = client.get("contact", params={"_limit": 100, "_skip": skip})
    contacts += page["data"]
    skip += len(page["data"])
    if not page["has_more"]:
        break
ids = [contact["id"] for contact in contacts]
assert len(ids) == len(set(ids)) > 200, len(ids)

lead = contacts[0]["lead_id"]
of_lead = client.get("contact", params={"lead_id": lead})["data"]
assert of_lead and all(contact["lead_id"] == lead for contact in of_lead), of_lead

recent = client.get("lead", params={"query": 'date_created >= "2026-03-02T00:00:00Z"', "_limit": 200})
assert 0 < recent["total_results"] < client.get("lead")["total_results"], recent["total_results"]

try:
    client.get("contact/cont_nobody")
    raise SystemExit("an error was expected")
except APIError as error:
    assert error.response.status_code == 404 and error.response.json() == {"error": "Not found"}, error.response.text

made = client.post("contact", data={"lead_id": lead, "name": "Nadia Okafor", "emails": [{"email": "n.okafor@example.com", "type": "office"}]})
assert made["id"].startswith("cont_") and made["display_name"] == "Nadia Okafor", made
changed = client.put(f"contact/{made['id']}", data={"title": "Engineer"})
assert changed["title"] == "Engineer" and changed["name"] == "Nadia Okafor", changed
assert client.delete(f"contact/{made['id']}") == {}

print(f"ok: {len(ids)} contacts")
